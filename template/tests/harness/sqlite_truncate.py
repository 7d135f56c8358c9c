"""Emptying the tables of a SQLite database."""

from .isolation_truncate import TruncateIsolation
from .sqlite import SQLiteDatabase


class SQLiteTruncateIsolation(TruncateIsolation, SQLiteDatabase):
    """A SQLite database whose tables are empty before each test."""

    async def schema(self) -> object:
        """Return what changes when tables, columns or indexes come or go."""
        return self.schema_version()

    async def triggers_fire(self) -> bool:
        """Return whether there are triggers that may write while rows are deleted."""
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        [triggers] = self.anchor.execute(query).fetchone()
        return bool(triggers)

    async def delete_rows(self) -> None:
        """Delete all rows of all tables.

        Their order does not matter: the anchor does not check foreign keys. Raises
        `sqlite3.OperationalError` while a transaction is open.
        """
        self.check_marker()
        # Deleting writes to a table that is empty, too.
        answers = ", ".join(
            f"({number}, EXISTS (SELECT 1 FROM {table}))"
            for number, table in enumerate(self.tables)
        )
        hold_rows = self.anchor.execute(
            f"SELECT column1 FROM (VALUES {answers}) WHERE column2"
        )
        deletions = "".join(f"DELETE FROM {self.tables[n]};" for (n,) in hold_rows)
        self.anchor.executescript(f"BEGIN IMMEDIATE;{deletions}COMMIT")
        self.mark()
