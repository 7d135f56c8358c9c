"""Isolation by recreation: each test starts from a database that is made anew.

The simplest strategy and the slowest: it creates every table for every test.
Commits are real, and a test may use any number of sessions and connections.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from . import Database


class Isolation:
    """Creates the tables of `database` for each test, and drops everything after."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the options of the session factory; undo what `test` did."""
        from .application import metadata  # late: the guard comes before it

        async with self._database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, checkfirst=False)
        yield {"bind": self._database.engine}
        await self._database.restore(problems)
