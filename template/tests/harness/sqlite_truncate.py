"""Emptying the tables of a SQLite database."""

from .sqlite import SQLiteDatabase


class SQLiteTruncation(SQLiteDatabase):
    """A SQLite database whose rows can be removed."""

    async def delete_rows(self, tables: list[str]) -> None:
        """Delete all rows of `tables`, whose names are quoted for SQL.

        Their order does not matter: the anchor does not check foreign keys. Raises
        `sqlite3.OperationalError` while a transaction is open.
        """
        self.check_marker()
        deletions = "".join(f"DELETE FROM {table};" for table in tables)
        self.anchor.executescript(f"BEGIN IMMEDIATE;{deletions}COMMIT")
