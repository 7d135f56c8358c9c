"""Isolation by recreation: each test starts from a database that is made anew.

The simplest strategy and the slowest: it creates every table for every test.
Commits are real, and a test may use any number of sessions and connections.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from .database import Database


class RecreateIsolation(Database):
    """A database whose schema is dropped and created for each test."""

    async def prepare(self) -> None:
        """Prepare nothing: there is no schema outside of tests."""

    @asynccontextmanager
    async def isolated(self, test: pytest.Item) -> AsyncIterator[dict[str, Any]]:
        """Isolate `test` for the block."""
        await self.clear()
        await self.create_schema()
        yield {"bind": self.engine}
