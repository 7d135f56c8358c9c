# fmt: off; isort: skip_file
"""What differs with asyncpg."""

from typing import Any

NAME = "asyncpg"
TLS = {"sslmode": "ssl", "ssl": "ssl"}  # settings in a URL, and their names here
PARAMETERS = ("$1", "$2", "$3")  # of a query, in this order


def pid_of(driver: Any) -> int:
    """Return the number of the server's process for a connection."""
    return int(driver.get_server_pid())


async def fetch(driver: Any, query: str, values: tuple[Any, ...]) -> Any:
    """Return the first row of what a query with `PARAMETERS` asks for."""
    return await driver.fetchrow(query, *values)
