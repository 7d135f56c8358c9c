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
        self._engine, pool = engine, engine.sync_engine
        used: dict[ConnectionPoolEntry, PoolProxiedConnection] = {}
        self._in_use = used
        event.listen(pool, "checkout", lambda _, e, c: used.update({e: c}))
        event.listen(pool, "checkin", lambda _, e: used.pop(e, None))
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
                msg = "A connection was not returned: close it, or its session, or "
                problems.append(f"{msg}open it with `async with`.")

    def _warn_of_bypass(
        self, dialect: Dialect, _: object, args: list[Any], options: dict[str, Any]
    ) -> None:
        names = [*args, options.get("database"), options.get("dbname")]
        if dialect is not self._engine.dialect and self._engine.url.database in names:
            msg = "Code under test connects to the test database with an engine of its "
            msg += "own, which nothing isolates. Let it use the session factory, which "
            msg += "the fixtures connect, or the fixture `engine`."
            warnings.warn(BypassWarning(msg), stacklevel=2)
