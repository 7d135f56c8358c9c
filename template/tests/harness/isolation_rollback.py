"""Isolation by rollback: each test runs inside a transaction that is rolled back.

Sessions join it with savepoints, so that `commit()` and `rollback()` behave as in
production: see "Joining a Session into an External Transaction" in SQLAlchemy's
documentation. All sessions of a test share one connection and take turns.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import ExceptionContext, event

from . import Database

FIX = "Mark the test with @pytest.mark.real_commits."
# A session has ended another one's savepoint, or asyncpg was asked by two at once.
SIDE_BY_SIDE = re.compile('savepoint:? "?sa_|another operation is in progress')


class RollbackError(Exception):
    """A test did what cannot be done inside the transaction that isolates it."""


class Isolation:
    """Rolls back what a test does in `database`, so that nothing is committed."""

    def __init__(self, database: Database) -> None:
        from .application import metadata  # late: the guard comes before it

        self._database = database
        self._is_at_work = False  # in a test that is rolled back
        tables = metadata.tables.values()
        self._defers = any(c.deferrable for t in tables for c in t.constraints)
        engine = database.engine.sync_engine
        event.listen(engine, "do_connect", self._refuse_connection)
        event.listen(engine, "checkout", self._refuse_connection)
        event.listen(engine, "handle_error", self._explain_error)

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the options of the session factory; undo what `test` did."""
        database = self._database
        if test.get_closest_marker("real_commits"):
            try:
                yield {"bind": database.engine}
            finally:
                await database.restore()
            return
        async with database.connect() as connection:
            outer = await connection.begin()
            self._is_at_work = True
            try:
                yield {"bind": connection, "join_transaction_mode": "create_savepoint"}
            finally:
                self._is_at_work = False
            nested = connection.get_nested_transaction()
            if nested and nested.is_active:
                problems.append("A session was not closed: open it with `async with`.")
            elif not outer.is_active:
                problems.append(f"The test ended the transaction isolating it. {FIX}")
            elif self._defers and not nested and not connection.invalidated:
                for violation in await database.violations(connection):
                    problems.append(f"A commit would fail in production: {violation}")
        if await database.restore():
            problems.append(f"Something was really committed. {FIX}")

    def _refuse_connection(self, *_: object) -> None:
        if self._is_at_work:
            msg = "The code under test asked the engine for a connection of its own, "
            raise RollbackError(f"{msg}outside the test's transaction. {FIX}")

    def _explain_error(self, context: ExceptionContext) -> None:
        error = str(context.original_exception)
        if self._is_at_work and SIDE_BY_SIDE.search(error):
            msg = f"Sessions at work side by side share one connection: {error}. {FIX}"
            raise RollbackError(msg)
