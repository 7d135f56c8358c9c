"""Finds what a test leaves behind, so that this test fails and not a later one."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

PATIENCE = 1.0  # seconds until a task that has not ended is cancelled again


class BypassWarning(UserWarning):
    """Code connects to the test database with an engine that nothing isolates.

    pytest's configuration makes it an error. A test that means it is marked
    `@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")`.
    """


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
            left = _tasks_beside(tasks)
            problems += [
                f"A task was left unawaited: {task.get_coro()}. Await or cancel it, or "
                "start it in a fixture."
                for task in left
            ]
            while left:
                for task in left:
                    task.cancel()
                    await asyncio.wait([task], timeout=PATIENCE)
                # As tasks end they start others. Some have to be asked twice: when the
                # closing of a connection is cancelled, a driver may wait forever.
                left = _tasks_beside(tasks)
            for entry in self._in_use.keys() - connections:
                await greenlet_spawn(self._in_use[entry].invalidate)
                problems.append(
                    "A connection was not returned: close the session or connection "
                    "that took it, or open it with `async with`."
                )

    def _note_checkout(
        self, _: object, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection
    ) -> None:
        self._in_use[entry] = proxy

    def _warn_of_bypass(
        self, dialect: Dialect, _: object, args: list[Any], options: dict[str, Any]
    ) -> None:
        names = [*args, options.get("database"), options.get("dbname")]
        if dialect is not self._engine.dialect and self._engine.url.database in names:
            msg = (
                "Code under test connects to the test database with an engine of its "
                "own, so nothing isolates what it does there. Let it use the session "
                "factory, which the fixtures have connected, or the fixture `engine`."
            )
            warnings.warn(BypassWarning(msg), stacklevel=2)


def _tasks_beside(tasks: Collection[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks().difference(tasks, {asyncio.current_task()})
