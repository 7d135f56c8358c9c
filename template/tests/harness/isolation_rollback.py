"""Isolation by rollback: each test runs inside a transaction that is rolled back.

The outer transaction is the harness's. Sessions join it with savepoints of their
own, so `commit()`, `rollback()` and `begin_nested()` behave as in production. See
"Joining a Session into an External Transaction" in SQLAlchemy's documentation; of
its modes only `create_savepoint` keeps a commit that follows a rollback inside.

All sessions of a test share one connection, so they take turns. A test that needs
sessions side by side, or that opens connections of its own, is marked
`real_commits`: it runs on a snapshot instead. Without the mark it fails at once.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest
from sqlalchemy import ExceptionContext, event

from .isolation_snapshot import SnapshotIsolation

CURE = "Mark the test with @pytest.mark.real_commits."


class RollbackError(Exception):
    """A test did what cannot be done inside the transaction that isolates it."""


class RollbackIsolation(SnapshotIsolation):
    """A database to which nothing that a test does is ever committed."""

    _inside_transaction = False

    async def prepare(self) -> None:
        """Create the schema, and the snapshot for tests with real commits."""
        await super().prepare()
        self._savepoints: list[str] = []
        engine = self.engine.sync_engine
        for moment in ("do_connect", "checkout"):
            event.listen(engine, moment, self._refuse_another_connection)
        event.listen(engine, "before_cursor_execute", self._follow_savepoints)
        event.listen(engine, "handle_error", self._explain_error)

    @asynccontextmanager
    async def isolated(self, test: pytest.Item) -> AsyncIterator[dict[str, Any]]:
        """Isolate `test` for the block, by a snapshot if it is marked so."""
        if test.get_closest_marker("real_commits"):
            async with super().isolated(test) as options:
                yield options
            return
        async with self.engine.connect() as connection:
            transaction = await connection.begin()
            self._inside_transaction = True
            self._savepoints.clear()
            yield {"bind": connection, "join_transaction_mode": "create_savepoint"}
            self._inside_transaction = False
            ended_by_test = not transaction.is_active
            await transaction.rollback()
        if ended_by_test:
            await self.restore()
            pytest.fail(f"The test ended the transaction that isolates it. {CURE}")

    def _refuse_another_connection(self, *_: object) -> None:
        if self._inside_transaction:
            msg = (
                "The code under test asked the engine for a connection of its own, "
                f"outside of the transaction that isolates this test. {CURE}"
            )
            raise RollbackError(msg)

    def _follow_savepoints(self, *execution: Any) -> None:
        """Fail a session that ends while another one is open that began later."""
        sql: str = execution[2]
        action, savepoint, name = sql.rpartition("SAVEPOINT ")
        if not (savepoint and self._inside_transaction):
            return
        if action == "":
            self._savepoints.append(name)
        elif action == "ROLLBACK TO " and name in self._savepoints:
            del self._savepoints[self._savepoints.index(name) :]
        elif action == "RELEASE " and self._savepoints[-1:] == [name]:
            self._savepoints.pop()
        elif action == "RELEASE ":
            self._fail_interleaved("one ended while a later one was still open")

    def _explain_error(self, context: ExceptionContext) -> None:
        error = str(context.original_exception)
        if self._inside_transaction and "in progress" in error:
            self._fail_interleaved(error)

    def _fail_interleaved(self, reason: str) -> NoReturn:
        msg = (
            "Sessions of this test were at work side by side, but they share one "
            f"connection: {reason}. {CURE}"
        )
        raise RollbackError(msg)
