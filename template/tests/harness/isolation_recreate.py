"""Isolation by recreation: each test starts from a database that is made anew.

The simplest strategy and the slowest: it creates every table for every test.
Commits are real, and a test may use any number of sessions and connections.
"""

from typing import Any

import pytest

from .database import Database


class RecreateIsolation(Database):
    """A database whose schema is dropped and created for each test."""

    async def prepare(self) -> None:
        """Save the database without a schema: there is none outside of tests."""
        await self.save()

    async def start_test(self, test: pytest.Item) -> dict[str, Any]:
        """Isolate `test`; return what to configure the session factory with."""
        await self.create_schema()
        return {"bind": self.engine}

    async def end_test(self) -> list[str]:
        """Undo what the test did, and drop the schema with it."""
        await self.restore()
        return []
