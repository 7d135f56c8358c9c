"""Isolation by snapshot: each test starts from a copy of the prepared database.

Commits are real, and a test may use any number of sessions and connections.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from .database import Database


class SnapshotIsolation(Database):
    """A database that is put back to what it was after each test."""

    @abstractmethod
    async def save(self) -> None:
        """Remember the database as it is now."""

    @abstractmethod
    async def restore(self) -> None:
        """Put the database back to what it was when it was saved."""

    async def prepare(self) -> None:
        """Create the schema and save it."""
        await self.create_schema()
        await self.save()

    @asynccontextmanager
    async def isolated(self, test: pytest.Item) -> AsyncIterator[dict[str, Any]]:
        """Isolate `test` for the block."""
        yield {"bind": self.engine}
        await self.restore()
