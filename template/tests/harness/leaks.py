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


class BypassWarning(UserWarning):
    """Code connects to the test database with an engine that nothing isolates."""


class Leaks:
    """Watches `engine` for connections in use, and for engines beside it."""

    def __init__(self, engine: AsyncEngine) -> None:
        used: dict[ConnectionPoolEntry, PoolProxiedConnection] = {}
        self._engine, self._in_use = engine, used
        pool = engine.sync_engine.pool
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
        yield
        here = asyncio.current_task()
        fix = "Await or cancel it, or start it in a fixture."
        for task in asyncio.all_tasks().difference(tasks, {here}):
            problems.append(f"A task was left unawaited: {task.get_coro()}. {fix}")
        # As tasks end they start others. Some have to be asked twice: when the closing
        # of a connection is cancelled, a driver may wait forever.
        while left := asyncio.all_tasks().difference(tasks, {here}):
            for task in left:
                task.cancel()
                await asyncio.wait([task], timeout=1.0)
        fix = "Close it, or its session, or open it with `async with`."
        for entry in self._in_use.keys() - connections:
            await greenlet_spawn(self._in_use[entry].invalidate)
            problems.append(f"A connection was not returned. {fix}")

    def _warn_of_bypass(self, dialect: Dialect, _: object, args: Any, kw: Any) -> None:
        names = [*args, kw.get("database"), kw.get("dbname")]
        if dialect is not self._engine.dialect and self._engine.url.database in names:
            msg = "Code under test connects to the test database with an engine of its "
            msg += "own, not isolated. Let it use session_factory, or the fixture `engine`."
            warnings.warn(BypassWarning(msg), stacklevel=2)
