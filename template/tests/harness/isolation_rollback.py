"""Isolation by rollback: each test runs inside a transaction that is rolled back.

The outer transaction is the harness's. Sessions join it with savepoints of their
own, so `commit()`, `rollback()` and `begin_nested()` behave as in production. See
"Joining a Session into an External Transaction" in SQLAlchemy's documentation; of
its modes only `create_savepoint` keeps a commit that follows a rollback inside.

All sessions of a test share one connection, so they take turns. A test that needs
sessions side by side, or that opens connections of its own, is marked
`real_commits`: it runs on a snapshot instead. Without the mark it fails at once.
"""

from abc import abstractmethod
from typing import Any, NoReturn

import pytest
from sqlalchemy import ExceptionContext, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from .isolation_snapshot import SnapshotIsolation

CURE = "Mark the test with @pytest.mark.real_commits."


class RollbackError(Exception):
    """A test did what cannot be done inside the transaction that isolates it."""


class RollbackIsolation(SnapshotIsolation):
    """A database to which nothing that a test does is ever committed."""

    _outer: AsyncConnection | None = None  # the running test's connection

    @abstractmethod
    async def committed(self) -> object:
        """Return what changes when something is committed."""

    @abstractmethod
    async def violations(self, connection: AsyncConnection) -> list[str]:
        """Return which deferred constraints are violated, in sentences."""

    async def begin(self, connection: AsyncConnection) -> AsyncTransaction:
        """Begin the outer transaction."""
        return await connection.begin()

    async def roll_back(self, connection: AsyncConnection) -> None:
        """Roll the outer transaction back, and return its connection to the pool."""
        await connection.close()

    async def prepare(self) -> None:
        """Create the schema, and the snapshot for tests with real commits."""
        from .application import metadata  # late: the guard comes before it

        await super().prepare()
        self._committed = await self.committed()
        self._deferring = any(
            constraint.deferrable
            for table in metadata.tables.values()
            for constraint in table.constraints
        )
        self._savepoints: list[str] = []
        engine = self.engine.sync_engine
        for moment in ("do_connect", "checkout"):
            event.listen(engine, moment, self._refuse_another_connection)
        event.listen(engine, "before_cursor_execute", self._follow_savepoints)
        event.listen(engine, "handle_error", self._explain_error)

    async def start_test(self, test: pytest.Item) -> dict[str, Any]:
        """Isolate `test`, by a snapshot if it is marked so."""
        if test.get_closest_marker("real_commits"):
            return await super().start_test(test)
        connection = await self.engine.connect()
        self._transaction = await self.begin(connection)
        self._savepoints.clear()
        self._outer = connection
        return {"bind": connection, "join_transaction_mode": "create_savepoint"}

    async def end_test(self) -> list[str]:
        """Undo what the test did; return what it should not have done."""
        if self._outer is None:
            await self._undo_commits()
            return []
        outer, self._outer = self._outer, None
        problems = []
        if outer.in_nested_transaction():
            problems.append("A session was not closed: open it with `async with`.")
        if not self._transaction.is_active:
            problems.append(f"The test ended the transaction that isolates it. {CURE}")
        elif self._deferring and not (
            outer.invalidated or outer.get_nested_transaction()
        ):
            problems += await self.violations(outer)
        await self.roll_back(outer)
        if await self.committed() != self._committed:
            problems.append(f"Something was really committed. {CURE}")
            await self._undo_commits()
        return problems

    async def keep_copy(self) -> None:
        """Copy the database if it is to be kept, with what the test did in it."""
        if self.keep_as and self._outer is not None:
            outer, self._outer = self._outer, None
            try:
                if self._transaction.is_active:
                    await self._transaction.commit()  # to be undone from the snapshot
            finally:
                await outer.close()
        await super().keep_copy()

    async def _undo_commits(self) -> None:
        await super().end_test()
        self._committed = await self.committed()

    def _refuse_another_connection(self, *_: object) -> None:
        if self._outer is not None:
            msg = (
                "The code under test asked the engine for a connection of its own, "
                f"outside of the transaction that isolates this test. {CURE}"
            )
            raise RollbackError(msg)

    def _follow_savepoints(self, *execution: Any) -> None:
        """Fail a session that ends while another one is open that began later."""
        sql: str = execution[2]
        action, savepoint, name = sql.rpartition("SAVEPOINT ")
        if not savepoint or self._outer is None:
            return
        if action == "":
            self._savepoints.append(name)
        elif action == "ROLLBACK TO " and name in self._savepoints:
            del self._savepoints[self._savepoints.index(name) :]
        elif action == "RELEASE " and self._savepoints[-1:] == [name]:
            self._savepoints.pop()
        elif action in ("RELEASE ", "ROLLBACK TO "):
            self._fail_interleaved("one ended while a later one was still open")

    def _explain_error(self, context: ExceptionContext) -> None:
        error = str(context.original_exception)
        if self._outer is not None and "in progress" in error:
            self._fail_interleaved(error)

    def _fail_interleaved(self, reason: str) -> NoReturn:
        msg = (
            "Sessions of this test were at work side by side, but they share one "
            f"connection: {reason}. {CURE}"
        )
        raise RollbackError(msg)
