"""Snapshots of a SQLite database, with SQLite's online backup."""

import sqlite3

from .sqlite import SQLiteDatabase


class SQLiteSnapshots(SQLiteDatabase):
    """A SQLite database that can be put back to what it was."""

    async def save(self) -> None:
        """Remember the database as it is now."""
        self._saved = sqlite3.connect(":memory:")
        self.anchor.backup(self._saved)

    async def restore(self) -> None:
        """Put the database back to what it was when it was saved.

        Raises `sqlite3.OperationalError` while a transaction is open.
        """
        self.overwrite_with(self._saved)

    async def close(self) -> None:
        """Remove the database, and the copy of it."""
        await super().close()
        self._saved.close()
