# fmt: off; isort: skip_file
"""Isolation by truncation on SQLite: the rows of all tables are deleted."""

from typing import Any

from . import sqlite_snapshot
from .sqlite import SQLite


class Changes:
    """Changes of `database`: rows, or something that needs a snapshot."""

    def __init__(self, database: SQLite) -> None:
        self._anchor = database.anchor
        self._snapshot = sqlite_snapshot.Changes(database)
        self._triggers = self._names("trigger")
        rows = {table: self._rows(table) for table in self._names("table")}
        self._kept = {table: rows[table] for table in rows if rows[table]}
        self._emptied = [table for table in rows if not rows[table]]

    async def undo(self, problems: list[str]) -> bool:
        """Delete the rows that were not there when the database was prepared.

        Where that would not undo all, the database is put back.
        """
        if self._snapshot.are_none():
            return False
        if (
            self._triggers
            or self._snapshot.have_schema()
            or any(self._rows(table) != rows for table, rows in self._kept.items())
        ):
            return await self._snapshot.undo(problems)
        # Deleting writes to a table that is empty, too. The order does not matter: the
        # anchor does not check foreign keys.
        deletions = ""
        for table in self._emptied:
            if self._anchor.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                deletions += f"DELETE FROM {table};"
        self._anchor.executescript(f"BEGIN IMMEDIATE;{deletions}COMMIT")
        self._snapshot.mark()
        return True

    def _rows(self, table: str) -> list[Any]:
        return self._anchor.execute(f"SELECT * FROM {table}").fetchall()

    def _names(self, kind: str) -> list[str]:
        query = (
            "SELECT name FROM sqlite_schema "
            "WHERE type = ? AND substr(name, 1, 7) <> 'sqlite_'"
        )
        names = [name for (name,) in self._anchor.execute(query, [kind])]
        return ['"' + name.replace('"', '""') + '"' for name in names]
