"""Isolation by truncation: after each test the rows of all tables are deleted.

Commits are real, and a test may use any number of sessions and connections. After
one that has changed the schema, and where triggers fire while rows are deleted, the
database is put back from a copy instead.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from . import Database


class Isolation:
    """Empties all tables of `database` after each test."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the options of the session factory; undo what `test` did."""
        yield {"bind": self._database.engine}
        await self._database.empty(problems)
