# fmt: off; isort: skip_file
"""What differs with psycopg."""

from typing import Any

NAME = "psycopg"
# Settings in a URL, and their names here.
TLS = {name: name for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
TLS |= {"ssl": "sslmode"}
PARAMETERS = ("%s", "%s", "%s")  # of a query, in this order


def pid_of(driver: Any) -> int:
    """Return the number of the server's process for a connection."""
    return int(driver.info.backend_pid)


async def fetch(driver: Any, query: str, values: tuple[Any, ...]) -> Any:
    """Return the first row of what a query with `PARAMETERS` asks for."""
    cursor = await driver.execute(query, values)
    return await cursor.fetchone()
