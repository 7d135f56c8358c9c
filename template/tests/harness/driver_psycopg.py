"""What differs with psycopg."""

from typing import Any

NAME = "psycopg"


def pid_of(driver: Any) -> int:
    """Return the number of the server's process for a connection."""
    return int(driver.info.backend_pid)
