"""Isolation by recreation: the database is made anew for each test.

The simplest strategy and the slowest: it does not ask whether anything has changed.
Commits are real, and a test may use any number of sessions and connections.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from . import Database


class Isolation:
    """Makes `database` anew, from the prepared one, after each test."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the options of the session factory; undo what `test` did."""
        yield {"bind": self._database.engine}
        await self._database.restore(problems)
