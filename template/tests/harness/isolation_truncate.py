"""Isolation by truncation: after each test the rows of all tables are deleted.

Commits are real, and a test may use any number of sessions and connections. After
one that has changed the schema, and where triggers fire while rows are deleted, the
database is put back from a copy instead.
"""

from abc import abstractmethod
from typing import Any

import pytest

from .database import Database


class TruncateIsolation(Database):
    """A database whose tables are empty before each test.

    `tables` has the names of all tables, quoted for SQL.
    """

    @abstractmethod
    async def schema(self) -> object:
        """Return what changes when tables, columns or indexes come or go."""

    @abstractmethod
    async def triggers_fire(self) -> bool:
        """Return whether there are triggers that may write while rows are deleted."""

    @abstractmethod
    async def delete_rows(self) -> None:
        """Delete all rows of all tables."""

    async def prepare(self) -> None:
        """Create the schema, and save it for tests that change it."""
        from .application import metadata  # late: the guard comes before it

        quoted = self.engine.dialect.identifier_preparer.format_table
        self.tables = [quoted(table) for table in metadata.tables.values()]
        await self.create_schema()
        await self.save()
        self._schema = await self.schema()
        self._deletes = bool(self.tables) and not await self.triggers_fire()

    async def start_test(self, test: pytest.Item) -> dict[str, Any]:
        """Isolate `test`; return what to configure the session factory with."""
        return {"bind": self.engine}

    async def end_test(self) -> list[str]:
        """Undo what the test did."""
        if await self.is_unchanged():
            return []
        if self._deletes and await self.schema() == self._schema:
            await self.delete_rows()
        else:
            await self.restore()
            self._schema = await self.schema()
        return []
