# fmt: off; isort: skip_file
"""Isolation of tests that commit: what each has changed is undone after it.

A test may use any number of sessions and connections.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from .database import Database


class Isolation:
    """Puts `database` back to what it was after each test."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def isolated(
        self, _test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[None]:
        """Undo what is done in the block."""
        yield
        await self._database.changes.undo(problems)
