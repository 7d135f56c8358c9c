"""What every test database can do.

The classes in `databases.py` put it together: one base class says how tests are kept
apart, the others how that is done on one kind of database.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine


class Database(ABC):
    """A disposable database that belongs to one worker of one test run.

    `url` is known, and has passed the guard, before anything is opened; `engine`
    exists from `open` to `close`.
    """

    engine: AsyncEngine

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    async def open(self) -> None:
        """Create the database, empty, and an engine for it."""

    @abstractmethod
    async def clear(self) -> None:
        """Make the database empty again: no rows, no tables, nothing."""

    @abstractmethod
    async def close(self) -> None:
        """Remove the database and whatever it kept running."""

    @abstractmethod
    async def prepare(self) -> None:
        """Do once, after opening, what the isolation of tests needs."""

    @abstractmethod
    def isolated(
        self, test: pytest.Item
    ) -> AbstractAsyncContextManager[dict[str, Any]]:
        """Isolate `test` for the block.

        The block gets what the session factory has to be configured with.
        """

    def create_engine(self) -> AsyncEngine:
        """Return an engine for the database, made the way the application does it."""
        from . import application  # late: the guard comes before the application

        return application.create_engine(self.url)

    async def create_schema(self) -> None:
        """Create the tables of all models in the empty database."""
        from . import application

        async with self.engine.begin() as connection:
            create = application.metadata.create_all
            await connection.run_sync(create, checkfirst=False)
