"""Isolation by truncation: after each test the rows of all tables are deleted.

Commits are real, and a test may use any number of sessions and connections. What a
test changes in the schema stays, and so do the positions of sequences.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from .database import Database


class TruncateIsolation(Database):
    """A database whose tables are empty before each test."""

    @abstractmethod
    async def delete_rows(self, tables: list[str]) -> None:
        """Delete all rows of `tables`, whose names are quoted for SQL."""

    async def prepare(self) -> None:
        """Create the schema."""
        await self.create_schema()

    @asynccontextmanager
    async def isolated(self, test: pytest.Item) -> AsyncIterator[dict[str, Any]]:
        """Isolate `test` for the block."""
        from .application import metadata  # late: the guard comes before it

        yield {"bind": self.engine}
        quoted = self.engine.dialect.identifier_preparer.format_table
        await self.delete_rows([quoted(table) for table in metadata.tables.values()])
