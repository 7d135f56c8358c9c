"""Finds what a test leaves behind, so that this test fails and not a later one."""

import asyncio
import re
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

from sqlalchemy import URL, Connection, Engine, ExecutionContext, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, Dialect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from .queries import is_plain

ENDING = re.compile(r"AsyncAdapt_|Connection\._cancel\b")


class BypassWarning(UserWarning):
    """Code connects to the test database with an engine that nothing isolates."""


class EventLoopError(Exception):
    """A connection is used on another event loop than that of the tests."""


class OutsideTestError(Exception):
    """Something is committed while no test runs, so that it could not last."""

    def __init__(self) -> None:
        msg = "Something was committed outside a test, where the first test would undo "
        msg += "it. Make it in a fixture of the scope `function`; rows that every test "
        super().__init__(f"{msg}finds, in `pytest_prepare_database` in conftest.py.")


class Leaks:
    """Watches `engine` for what would outlive a test, and for engines beside it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._loop = engine, asyncio.get_running_loop()
        self._in_use: dict[ConnectionPoolEntry, PoolProxiedConnection] = {}
        self.is_in_test = self._may_be_dead = False
        self._changed: set[DBAPIConnection | None] = set()
        self._streams: list[DBAPICursor] = []
        pool, dialect = engine.sync_engine.pool, engine.dialect
        event.listen(pool, "checkout", self._note_checkout)
        event.listen(pool, "checkin", self._note_checkin)
        event.listen(engine.sync_engine, "before_cursor_execute", self._note_statement)
        event.listen(engine.sync_engine, "commit", self._check_commit)
        event.listen(Engine, "do_connect", self._check_connect)
        self._patches = patch.multiple(
            dialect, get_driver_connection=self._lend_driver, do_ping=self._ping
        )
        self._patches.start()

    def stop(self) -> None:
        """Stop watching for other engines."""
        event.remove(Engine, "do_connect", self._check_connect)
        self._patches.stop()

    @asynccontextmanager
    async def ended(self, problems: list[str]) -> AsyncIterator[None]:
        """End the tasks and connections that the block leaves; note what they were."""
        tasks, connections = asyncio.all_tasks(), set(self._in_use)
        self._changed.clear()
        try:
            yield
        finally:
            await self._end_tasks(tasks, problems)
            # A traceback may refer to them, and SQLite's keep a lock while they last.
            while self._streams:
                with suppress(Exception):
                    await greenlet_spawn(self._streams.pop().close)
            fix = "Close it, or its session, or open it with `async with`."
            for entry in self._in_use.keys() - connections:
                await greenlet_spawn(self._in_use[entry].invalidate)
                problems.append(f"A connection was not returned. {fix}")

    async def _end_tasks(
        self, before: set[asyncio.Task[Any]], problems: list[str]
    ) -> None:
        here = asyncio.current_task()
        left = asyncio.all_tasks().difference(before, {here})
        # If the test's task is cancelled, SQLAlchemy closes a connection, and asyncpg
        # cancels a query, in a task of its own.
        closing = {task for task in left if ENDING.search(str(task.get_coro()))}
        if closing:
            await asyncio.wait(closing, timeout=1.0)
        fix = "Await or cancel it, or start it in a fixture."
        for task in left - closing:
            problems.append(f"A task was left unawaited: {task.get_coro()}. {fix}")
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

    def _check_loop(self) -> None:
        loop = None
        with suppress(RuntimeError):  # there may be none, as under trio
            loop = asyncio.get_running_loop()
        if loop is not self._loop:
            msg = "The database is used on another event loop than that of the tests. "
            msg += "Call an application with AsyncClient(transport=ASGITransport(app)) "
            msg += "instead of a TestClient, and leave every loop scope at `session`."
            raise EventLoopError(msg)

    def _check_connect(self, dialect: Dialect, _: object, args: Any, kw: Any) -> None:
        if dialect is self._engine.dialect:
            self._check_loop()
        else:
            warn_of_bypass(self._engine.url, args, kw)


class Unasked:
    """Watches for what connects to the database before a test has asked for it.

    `url` returns its URL; tests may set DATABASE_URL to something else.
    """

    def __init__(self, url: Callable[[], URL]) -> None:
        self._url = url
        event.listen(Engine, "do_connect", self._check_connect)

    def stop(self) -> None:
        """Stop watching."""
        event.remove(Engine, "do_connect", self._check_connect)

    def _check_connect(self, _: Dialect, __: object, args: Any, kw: Any) -> None:
        warn_of_bypass(self._url(), args, kw)


def warn_of_bypass(url: URL, args: Sequence[Any], kw: Mapping[str, Any]) -> None:
    """Warn if a connection with these arguments is one to the database of `url`."""
    if url.database in [*args, kw.get("database"), kw.get("dbname")]:
        msg = "Code connects to the test database with an engine of its own, which is "
        msg += "not isolated. Let the test request `session` or `session_factory`: "
        msg += (
            "what uses the session factory, or calls connect(), as in a lifespan, then "
        )
        msg += "works on its data. Code may have the fixture `engine`, too."
        warnings.warn(BypassWarning(msg), stacklevel=3)
