"""Isolation by rollback: each test runs inside a transaction that is rolled back.

Sessions join it with savepoints, so that `commit()` and `rollback()` behave as in
production: see "Joining a Session into an External Transaction" in SQLAlchemy's
documentation. All sessions of a test share one connection, on which they may overlap.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import ORMExecuteState, Session

from . import Database
from .queries import is_read

FIX = "Mark the test with @pytest.mark.real_commits."
SIDE_BY_SIDE = f"Sessions that write side by side share one connection. {FIX}"
LOST = f"A rollback has undone what another session had committed since. {FIX}"
# What is said of a savepoint that another session's has removed.
REMOVED = re.compile('no such savepoint: sa_|savepoint "sa_savepoint_.*" does not exist')
OPTIONS = {"isolation_level", "postgresql_deferrable", "postgresql_readonly"}
CONTROL = ("RELEASE", "ROLLBACK", "SAVEPOINT")


class RollbackError(Exception):
    """A test did what cannot be done inside the transaction that isolates it."""


class Isolation:
    """Rolls back what a test does in `database`, so that nothing is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_at_work = False  # in a test that is rolled back
        engine = database.engine.sync_engine
        self._savepoints = Savepoints(engine)
        event.listen(engine, "do_connect", self._refuse_connection)
        event.listen(engine, "checkout", self._refuse_connection)
        event.listen(engine, "set_connection_execution_options", self._refuse_options)

    @asynccontextmanager
    async def isolated(
        self, test: pytest.Item, problems: list[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the options of the session factory; undo what `test` did."""
        if test.get_closest_marker("real_commits"):
            yield {"bind": self._database.engine}
            await self._database.restore(problems)
            return
        async with self._database.connect() as connection:
            outer = await connection.begin()
            self._is_at_work = True
            try:
                with self._savepoints.followed(connection.sync_connection):
                    mode = "create_savepoint"
                    yield {"bind": connection, "join_transaction_mode": mode}
            finally:
                self._is_at_work = False
            nested = connection.get_nested_transaction()
            if nested and nested.is_active:
                problems.append("A session was not closed: open it with `async with`.")
            elif not outer.is_active:
                problems.append(f"The test ended the transaction isolating it. {FIX}")
            elif not nested and not connection.invalidated:
                for violation in await self._database.violations(connection):
                    problems.append(f"A commit would fail in production: {violation}")
        if await self._database.restore(problems):
            problems.append(f"Something was really committed. {FIX}")

    def _refuse_connection(self, *_: object) -> None:
        if self._is_at_work:
            msg = "The code under test asked the engine for a connection of its own, "
            raise RollbackError(f"{msg}outside the test's transaction. {FIX}")

    def _refuse_options(self, _: object, options: dict[str, Any]) -> None:
        if self._is_at_work and OPTIONS.intersection(options):
            msg = "All sessions of the test are in one transaction, which has begun."
            raise RollbackError(f"{msg} {FIX}")


@dataclass(eq=False)
class Savepoint:
    """The savepoint in which a session works, and what its rollback would undo."""

    name: str
    session: Session | None
    is_set: bool = True  # until an earlier one ends, which removes it
    has_written: bool = False
    has_failed: bool = False
    is_behind: bool = False  # another session has committed since it was set


class Savepoints:
    """Makes sessions with nested savepoints independent, as far as that is possible.

    A session that has written nothing undoes nothing, neither what others commit nor
    what they write. What one that has written must undo, though others have committed
    since, is lost: the next statement raises `RollbackError`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine: Any = engine
        self._is_postgresql = engine.dialect.name == "postgresql"
        self._connection: Connection | None = None
        self._stack: list[Savepoint] = []  # as they are nested in the database
        self._is_lost = False
        self._session: ContextVar[Session | None] = ContextVar("session", default=None)
        event.listen(Session, "after_begin", self._note_begin)
        event.listen(Session, "before_flush", lambda s, *_: self._session.set(s))
        event.listen(Session, "do_orm_execute", self._note_execute)
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._note_error)

    @contextmanager
    def followed(self, connection: Connection | None) -> Iterator[None]:
        """Follow the savepoints on `connection` for the block."""
        self._connection, self._stack, self._is_lost = connection, [], False
        dialect, pool = vars(self._engine.dialect), vars(self._engine.pool)
        ours = {"do_savepoint": self._set, "do_release_savepoint": self._release}
        ours["do_rollback_to_savepoint"] = self._roll_back_to
        dialect.update(ours)
        # A pool that is used up would wait, instead of asking for a connection.
        limit, pool["_max_overflow"] = pool.get("_max_overflow"), -1
        try:
            yield
        finally:
            pool["_max_overflow"], self._connection = limit, None
            for name in ours:
                del dialect[name]

    def _note_begin(self, session: Session, _: object, connection: Connection) -> None:
        if connection is self._connection and self._stack:
            self._stack[-1].session = session
            self._session.set(session)

    def _note_execute(self, state: ORMExecuteState) -> None:
        self._session.set(state.session)

    def _note_error(self, context: ExceptionContext) -> None:
        if self._connection and REMOVED.search(str(context.original_exception)):
            raise RollbackError(SIDE_BY_SIDE)
        for savepoint in self._own(context.connection)[-1:]:
            savepoint.has_failed = True

    def _own(self, connection: Connection | None) -> list[Savepoint]:
        """Return the savepoints of the session that is at work."""
        if connection is not self._connection:
            return []
        session = self._session.get()
        own = [s for s in self._stack if s.session is session]
        return own or self._stack[-1:]  # a statement on a connection has no session

    def _before(
        self, connection: Connection, _: object, statement: str, *__: object
    ) -> None:
        own = self._own(connection)
        if not own or statement.startswith(CONTROL):
            return
        if self._is_lost or any(s.has_written and not s.is_set for s in own):
            raise RollbackError(LOST)
        others = set(self._stack).difference(own)
        if "SKIP LOCKED" in statement and any(s.has_written for s in others):
            raise RollbackError(f"Sessions that share a connection share locks. {FIX}")
        # What has nothing to undo is set anew, after what others have committed.
        while own and (own[0].is_set and not own[0].is_behind):
            del own[0]
        if not any(s.has_written for s in own):
            for savepoint in own:
                self._stack.remove(savepoint)
                self._set(connection, savepoint.name, savepoint.session)

    def _after(
        self, connection: Connection, cursor: DBAPICursor, statement: str, *_: object
    ) -> None:
        if not statement.startswith(CONTROL) and not is_read(statement):
            for savepoint in self._own(connection)[-1:]:
                savepoint.has_written |= cursor.rowcount != 0

    def _set(
        self, connection: Connection, name: str, session: Session | None = None
    ) -> None:
        if self._is_lost:
            raise RollbackError(LOST)
        session = session or self._session.get()
        for other in self._stack if self._is_postgresql else ():
            # Its transaction is aborted, which must not keep others from working.
            if other.has_failed and other.session is not session:
                self._undo(connection, other)
                other.has_written = other.has_failed = False
        connection.exec_driver_sql(f"SAVEPOINT {name}")
        self._stack.append(Savepoint(name, session))

    def _roll_back_to(self, connection: Connection, name: str) -> None:
        with self._ending(connection, name) as savepoint:
            others = savepoint.is_behind or self._later(savepoint)
            must = savepoint.has_written or savepoint.has_failed
            if savepoint.is_set and (must or not others):
                self._undo(connection, savepoint)

    def _undo(self, connection: Connection, savepoint: Savepoint) -> None:
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {savepoint.name}")
        self._is_lost |= savepoint.is_behind
        for other in self._later(savepoint):
            other.is_set = False

    def _release(self, connection: Connection, name: str) -> None:
        with self._ending(connection, name) as savepoint:
            later = self._later(savepoint)
            if not savepoint.has_written and (later or not savepoint.is_set):
                return
            if not savepoint.is_set or any(other.has_written for other in later):
                raise RollbackError(SIDE_BY_SIDE)
            connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")
            for other in self._later(savepoint):
                other.is_set = False
        if own := [s for s in self._stack if s.session is savepoint.session]:
            own[-1].has_written |= savepoint.has_written
        elif savepoint.has_written:
            for other in self._stack:
                other.is_behind, other.has_failed = True, False

    @contextmanager
    def _ending(self, connection: Connection, name: str) -> Iterator[Savepoint]:
        savepoint = next(s for s in self._stack if s.name == name)
        bring_to_front(connection, name)
        try:
            yield savepoint
        finally:
            self._stack.remove(savepoint)
            bring_to_front(connection, name)  # another task may have begun one

    def _later(self, savepoint: Savepoint) -> list[Savepoint]:
        return [s for s in self._stack[self._stack.index(savepoint) + 1 :] if s.is_set]


def bring_to_front(connection: Any, name: str) -> None:
    """Let a savepoint end before those that began later, as SQLAlchemy never does."""
    later = connection._nested_transaction
    if later._savepoint != name:
        while later._previous_nested._savepoint != name:
            later = later._previous_nested
        ending = later._previous_nested
        later._previous_nested = ending._previous_nested
        ending._previous_nested = connection._nested_transaction
        connection._nested_transaction = ending
