"""What every test database can do.

The classes in `databases.py` put it together: one base class says how tests are kept
apart, the other what kind of database they run on.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from .leaks import Leaks


class Database(ABC):
    """A disposable database that belongs to one worker of one test run.

    `url` is known, and has passed the guard, before anything is opened; `engine`
    exists from `open` to `close`.
    """

    engine: AsyncEngine
    leaks: Leaks
    keep_as: str | None = None  # under which name to keep what a failed test left

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    async def open(self) -> None:
        """Create the database, empty, and an engine for it."""

    @abstractmethod
    async def close(self) -> None:
        """Remove the database and whatever it kept running."""

    @abstractmethod
    async def save(self) -> None:
        """Remember the database as it is now."""

    @abstractmethod
    async def is_unchanged(self) -> bool:
        """Return whether nothing was committed since it was saved or put back."""

    @abstractmethod
    async def restore(self) -> None:
        """Put the database back to what it was when it was saved, if it is not."""

    @abstractmethod
    def keep(self) -> str:
        """Set `keep_as`; return the line that will open what is kept."""

    @abstractmethod
    async def copy_to(self, name: str) -> None:
        """Copy the database to `name`, which the end of the run does not remove."""

    @abstractmethod
    async def prepare(self) -> None:
        """Do once, after opening, what the isolation of tests needs."""

    @abstractmethod
    async def start_test(self, test: pytest.Item) -> dict[str, Any]:
        """Isolate `test`; return what to configure the session factory with."""

    @abstractmethod
    async def end_test(self) -> list[str]:
        """Undo what the test did; return what it should not have done."""

    async def keep_copy(self) -> None:
        """Copy the database if it is to be kept."""
        name, self.keep_as = self.keep_as, None
        if name:
            await self.copy_to(name)

    @asynccontextmanager
    async def isolated(self, test: pytest.Item) -> AsyncIterator[None]:
        """Isolate `test` for the block; fail it for what it leaves behind."""
        from .application import session_factory  # late: the guard comes before it

        tasks = asyncio.all_tasks()
        options = await self.start_test(test)
        connections = self.leaks.connections()
        session_factory.configure(**options)
        try:
            yield
        finally:
            session_factory.configure(bind=None)
            problems = await self.leaks.clean_up(tasks, connections)
            try:
                await self.keep_copy()
            finally:
                problems += await self.end_test()
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    def create_engine(self) -> AsyncEngine:
        """Return an engine for the database, made the way the application does it."""
        from . import application

        engine = application.create_engine(self.url)
        self.leaks = Leaks(engine)
        return engine

    async def create_schema(self) -> None:
        """Create the tables of all models in the empty database."""
        from . import application

        async with self.engine.begin() as connection:
            create = application.metadata.create_all
            await connection.run_sync(create, checkfirst=False)
