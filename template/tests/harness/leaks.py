"""Finds what a test leaves behind, so that this test fails and not a later one."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

PATIENCE = 1.0  # seconds until a task that has not ended is cancelled again


class BypassWarning(UserWarning):
    """Code connects to the test database with an engine that nothing isolates."""


class Leaks:
    """Watches `engine` for connections in use, and for engines beside it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._in_use: dict[ConnectionPoolEntry, PoolProxiedConnection] = {}
        event.listen(engine.sync_engine, "checkout", self._note_checkout)
        event.listen(engine.sync_engine, "checkin", lambda _, e: self._in_use.pop(e, 0))
        event.listen(Engine, "do_connect", self._warn_of_bypass)

    def stop(self) -> None:
        """Stop watching for other engines."""
        event.remove(Engine, "do_connect", self._warn_of_bypass)

    @asynccontextmanager
    async def ended(self, problems: list[str]) -> AsyncIterator[None]:
        """End the tasks and connections that the block leaves; note what they were."""
        tasks, connections = asyncio.all_tasks(), set(self._in_use)
        try:
            yield
        finally:
            here = asyncio.current_task()
            fix = "Await or cancel it, or start it in a fixture."
            for task in asyncio.all_tasks().difference(tasks, {here}):
                problems.append(f"A task was left unawaited: {task.get_coro()}. {fix}")
            # As tasks end they start others. Some have to be asked twice: when the
            # closing of a connection is cancelled, a driver may wait forever.
            while left := asyncio.all_tasks().difference(tasks, {here}):
                for task in left:
                    task.cancel()
                    await asyncio.wait([task], timeout=PATIENCE)
            for entry in self._in_use.keys() - connections:
                await greenlet_spawn(self._in_use[entry].invalidate)
                msg = "A connection was not returned: close the session or connection that"
                problems.append(f"{msg} took it, or open it with `async with`.")

    def _note_checkout(
        self, _: object, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection
    ) -> None:
        self._in_use[entry] = proxy

    def _warn_of_bypass(
        self, dialect: Dialect, _: object, args: list[Any], options: dict[str, Any]
    ) -> None:
        names = [*args, options.get("database"), options.get("dbname")]
        if dialect is not self._engine.dialect and self._engine.url.database in names:
            msg = "Code under test connects to the test database with an engine of its own"
            msg += ", so nothing isolates what it does there. Let it use the session "
            msg += "factory, which the fixtures connect, or the fixture `engine`."
            warnings.warn(BypassWarning(msg), stacklevel=2)
