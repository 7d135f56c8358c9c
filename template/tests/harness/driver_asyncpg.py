"""What differs with asyncpg."""

from typing import Any

NAME = "asyncpg"


def pid_of(driver: Any) -> int:
    """Return the number of the server's process for a connection."""
    return int(driver.get_server_pid())
