# fmt: off; isort: skip_file
"""Isolation by recreation on SQLite: the simplest strategy, and the slowest."""

from .sqlite import SQLite


class Changes:
    """Whatever was done to `database`."""

    def __init__(self, database: SQLite) -> None:
        self._database = database

    async def undo(self, _problems: list[str]) -> bool:
        """Make the database anew; return that it was made."""
        self._database.check_lock()
        self._database.copy()
        return True
