# fmt: off; isort: skip_file
"""Finds what a test leaves behind, so that this test fails and not a later one."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, ExecutionContext, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from .other_databases import BypassWarning as BypassWarning
from .queries import is_plain
from .started import Started

ENDING = re.compile(r"AsyncAdapt_|Connection\._cancel\b|async_generator_athrow")


class EventLoopError(Exception):
    """A connection is used on another event loop than that of the tests."""


class OutsideTestError(Exception):
    """Something is committed while no test runs, so that it could not last."""

    def __init__(self) -> None:
        msg = "Something was committed outside a test, where the first test would undo "
        msg += "it. Make it in a fixture of the scope `function`; rows that every test "
        super().__init__(f"{msg}finds, in `pytest_prepare_database` in conftest.py.")


class Leaks:
    """Watches `engine`, and its event loop, for what would outlive a test."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self.loop = engine, asyncio.get_running_loop()
        self._started = Started(self.loop)
        self._in_use: dict[ConnectionPoolEntry, PoolProxiedConnection] = {}
        self.is_in_test = self._may_be_dead = False
        self._changed: set[DBAPIConnection | None] = set()
        self._streams: list[DBAPICursor] = []
        pool, dialect = engine.sync_engine.pool, engine.dialect
        event.listen(pool, "checkout", self._note_checkout)
        event.listen(pool, "checkin", self._note_checkin)
        event.listen(engine.sync_engine, "before_cursor_execute", self._note_statement)
        event.listen(engine.sync_engine, "commit", self._check_commit)
        event.listen(engine.sync_engine, "do_connect", self._check_loop)
        self._patches = ExitStack()
        self._patches.callback(self._started.stop)
        lend = patch.object(dialect, "get_driver_connection", self._lend_driver)
        self._patches.enter_context(lend)
        self._patches.enter_context(patch.object(dialect, "do_ping", self._ping))

    def stop(self) -> None:
        """Stop watching."""
        self._patches.close()

    @asynccontextmanager
    async def ended(self, problems: list[str]) -> AsyncIterator[None]:
        """End what the block leaves at work, or open; note what it was."""
        tasks, before = asyncio.all_tasks(), set(self._in_use)
        self._changed.clear()
        engine = self._engine.sync_engine
        self._started.begin(engine, engine.pool, engine.dialect)
        try:
            yield
        finally:
            await self._note_tasks(tasks, problems)
            found = self._started.end_timers() + await self._started.end()
            await self._cancel_tasks(tasks)
            self._started.end_timers()  # of tasks that have been cancelled
            self._started.is_in_test = False
            fix = "End it, or start it in a fixture of the scope `session`."
            problems += dict.fromkeys(f"{problem}. {fix}" for problem in found)
            # A traceback may refer to them, and SQLite's keep a lock while they last.
            while self._streams:
                with suppress(Exception):
                    await greenlet_spawn(self._streams.pop().close)
            fix = "Close it, or its session, or open it with `async with`."
            for entry in {e for e in self._in_use if "is_real" not in e.info} - before:
                await greenlet_spawn(self._in_use[entry].invalidate)
                problems.append(f"A connection was not returned. {fix}")

    async def _note_tasks(
        self, before: set[asyncio.Task[Any]], problems: list[str]
    ) -> None:
        left = asyncio.all_tasks().difference(before, {asyncio.current_task()})
        # If the test's task is cancelled, SQLAlchemy closes a connection, and asyncpg
        # cancels a query, in a task of its own.
        closing = {task for task in left if ENDING.search(str(task.get_coro()))}
        if closing:
            await asyncio.wait(closing, timeout=1.0)
        fix = "Await or cancel it, or start it in a fixture."
        for task in left - closing:
            problems.append(f"A task was left unawaited: {task.get_coro()}. {fix}")

    async def _cancel_tasks(self, before: set[asyncio.Task[Any]]) -> None:
        here = asyncio.current_task()
        # As tasks end they start others. Some have to be asked twice: when the closing
        # of a connection is cancelled, a driver may wait forever.
        for _ in range(5):
            for task in asyncio.all_tasks().difference(before, {here}):
                task.cancel()
                await asyncio.wait([task], timeout=1.0)

    def _note_checkout(
        self, _: object, entry: ConnectionPoolEntry, used: PoolProxiedConnection
    ) -> None:
        self._check_loop()
        self._in_use[entry] = used

    def _note_checkin(
        self, connection: DBAPIConnection | None, entry: ConnectionPoolEntry
    ) -> None:
        self._in_use.pop(entry, None)
        if connection in self._changed:
            self._changed.discard(connection)
            entry.invalidate()

    def _note_statement(
        self,
        connection: Connection,
        cursor: DBAPICursor,
        statement: str,
        _: object,
        context: ExecutionContext,
        *__: object,
    ) -> None:
        self._check_loop()
        self._may_be_dead |= "pg_terminate_backend" in statement
        if not is_plain(statement):
            self._changed.add(connection.connection.dbapi_connection)
        if context.execution_options.get("stream_results"):
            self._streams.append(cursor)

    def _lend_driver(self, connection: DBAPIConnection) -> Any:
        self._changed.add(connection)  # whoever asks for it may change anything
        return type(self._engine.dialect).get_driver_connection(
            self._engine.dialect, connection
        )

    def _ping(self, connection: DBAPIConnection) -> bool:
        self._check_loop()
        # It takes longer than all the rest, and the server does not end connections.
        dialect = self._engine.dialect
        return not self._may_be_dead or type(dialect).do_ping(dialect, connection)

    def _check_commit(self, connection: Connection) -> None:
        if not self.is_in_test:
            # SQLAlchemy takes the transaction for ended, whatever is raised here.
            self._engine.dialect.do_rollback(connection.connection)
            raise OutsideTestError

    def _check_loop(self, *_: object) -> None:
        loop = None
        with suppress(RuntimeError):  # there may be none, as under trio
            loop = asyncio.get_running_loop()
        if loop is not self.loop:
            msg = "The database is used on another event loop than that of the tests. "
            msg += (
                "Instead of a TestClient use an AsyncClient with ASGITransport(app), "
            )
            msg += (
                "for WebSockets and endless responses uvicorn's Server in a task, and "
            )
            msg += "leave every loop scope at `session`."
            raise EventLoopError(msg)
