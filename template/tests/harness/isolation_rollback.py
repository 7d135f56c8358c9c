# fmt: off; isort: skip_file
"""Isolation by rollback: each test runs inside a transaction that is rolled back.

Sessions and connections are virtual ones on the same real connection, so commits and
rollbacks behave as in production, but nothing is really committed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import AsyncAdaptedQueuePool, Pool, event
from sqlalchemy.util import greenlet_spawn

from .database import Database
from .real import Real
from .transactions import FIX, RollbackError
from .virtual import VirtualConnection

__all__ = ["Isolation", "RollbackError"]


class Isolation:
    """Rolls back what a test does in `database`, so that nothing is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._real = Real(database.changes.transactions)
        engine: Any = database.engine.sync_engine
        lend = partial(_lend, engine.dialect.get_driver_connection)
        engine.dialect.get_driver_connection = lend
        size = getattr(engine.pool, "size", lambda: 5)()
        # Nobody waits for one of these: there may be as many as are asked for.
        self._pool = AsyncAdaptedQueuePool(
            self._make, pool_size=size, max_overflow=-1, dialect=engine.dialect
        )
        event.listen(self._pool, "checkout", self._begin)
        event.listen(self._pool, "checkin", _release)
        for name in ("checkout", "checkin"):
            event.listen(self._pool, name, partial(_forward, engine.pool, name))

    def _make(self) -> VirtualConnection:
        return VirtualConnection(lambda: self._real)

    def _begin(self, *_: object) -> None:
        with self._real.turn:
            self._real.kind.begin()

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[None]:
        """Undo what `test` does in the block."""
        engine, changes = self._database.engine, self._database.changes
        if test.get_closest_marker("real_commits"):
            yield
            await changes.undo(problems)
            return
        kind, pool = changes.transactions, engine.sync_engine.pool
        raw: Any = None

        async def connect() -> Any:
            nonlocal raw
            raw = raw or await greenlet_spawn(pool.connect)
            raw.info["is_real"] = True  # and no test has left it
            return raw.dbapi_connection

        self._real = Real(kind)
        try:
            async with kind.begun(connect):
                engine.sync_engine.pool = self._pool
                try:
                    yield
                finally:
                    engine.sync_engine.pool = pool
        finally:
            if raw:
                raw.info.pop("is_real", None)
                is_spoilt = self._real.is_changed or self._real.lost
                await greenlet_spawn(raw.invalidate if is_spoilt else raw.close)
        if await changes.undo(problems):
            problems.append(f"Something was really committed. {FIX}")


def _lend(usual: Callable[[Any], Any], connection: Any) -> Any:
    return connection.lend() if hasattr(connection, "lend") else usual(connection)


def _forward(pool: Pool, name: str, *arguments: Any) -> None:
    getattr(pool.dispatch, name)(*arguments)  # to whoever listens to the usual one


def _release(connection: VirtualConnection | None, _: object) -> None:
    if connection:  # it was not invalidated
        connection.real.release(connection)
