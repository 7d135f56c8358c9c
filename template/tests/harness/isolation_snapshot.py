"""Isolation by snapshot: each test starts from a copy of the prepared database.

Commits are real, and a test may use any number of sessions and connections.
"""

from typing import Any

import pytest

from .database import Database


class SnapshotIsolation(Database):
    """A database that is put back to what it was after each test."""

    async def prepare(self) -> None:
        """Create the schema and save it."""
        await self.create_schema()
        await self.save()

    async def start_test(self, test: pytest.Item) -> dict[str, Any]:
        """Isolate `test`; return what to configure the session factory with."""
        return {"bind": self.engine}

    async def end_test(self) -> list[str]:
        """Undo what the test did."""
        await self.restore()
        return []
