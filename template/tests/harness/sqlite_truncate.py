"""Emptying the tables of a SQLite database."""

from .isolation_truncate import TruncateIsolation
from .sqlite import SQLiteDatabase


class SQLiteTruncateIsolation(TruncateIsolation, SQLiteDatabase):
    """A SQLite database whose tables are empty before each test."""

    async def schema(self) -> object:
        """Return SQLite's counter of changes to the schema."""
        return self.anchor.execute("PRAGMA schema_version").fetchone()

    async def delete_rows(self, tables: list[str]) -> None:
        """Delete all rows of `tables`, whose names are quoted for SQL.

        Their order does not matter: the anchor does not check foreign keys. Raises
        `sqlite3.OperationalError` while a transaction is open.
        """
        self.check_marker()
        deletions = "".join(f"DELETE FROM {table};" for table in tables)
        self.anchor.executescript(f"BEGIN IMMEDIATE;{deletions}COMMIT")
        self.mark()
