# fmt: off; isort: skip_file
"""Virtual connections: each has transactions of its own on the one real connection."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.util.concurrency import greenlet_spawn, in_greenlet

from .queries import is_plain
from .real import Real, finish
from .transactions import (
    ENDED,
    LOCKED,
    LOST,
    NOT_REAL,
    REFUSED,
    SAVEPOINT,
    UNKNOWN,
    Effect,
    RollbackError,
    Transaction,
)
from .virtual_cursor import Driver, VirtualCursor


class VirtualConnection:
    """A connection of its own for SQLAlchemy, in place of an adapted one."""

    _mine: Transaction | None

    def __init__(self, real: Callable[[], Real]) -> None:
        # It is used again, in other tests on another real connection.
        vars(self).update(_get_real=real, _mine=None)

    @property
    def real(self) -> Real:
        """The real connection of the test that runs."""
        real: Real = self._get_real()
        return real

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("set_", "tpc_")):  # isolation levels, two-phase commits
            raise RollbackError(REFUSED)
        return getattr(self.real.kind.adapted, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "_mine":
            raise RollbackError(REFUSED)
        vars(self)[name] = value

    @property
    def driver_connection(self) -> Driver:
        """What asks the driver whether it is in a transaction, or borrows it."""
        return Driver(self)

    def lend(self) -> Any:
        """Return the driver's connection, which may be used at any time."""
        self.real.admit(self)
        real, driver = self.real, self.real.kind.adapted.driver_connection
        if real.undone or not real.kind.has_begun():
            raise RollbackError(REFUSED)
        if self._mine is None and real.kind.commits():
            mine = Transaction()
        else:
            mine = self._begin()
            real.lock(mine, Effect(UNKNOWN))
            mine.written.add(UNKNOWN)
        top = real.layers[-1]
        mine.is_stuck = top.writer not in (None, mine)
        top.writer = top.writer or mine
        real.owner, real.is_changed = self, True
        return driver

    def cursor(self, *args: Any, **options: Any) -> VirtualCursor:
        """Return a cursor whose statements belong to this connection."""
        try:
            cursor = self.real.kind.adapted.cursor(*args, **options)
        except MissingGreenlet:  # a lazy load
            raise
        except Exception as error:  # the real connection is closed
            raise RollbackError(REFUSED) from error
        return VirtualCursor(self, cursor)

    def execute(self, statement: str, parameters: Any = None) -> VirtualCursor:
        """Execute a statement with a new cursor."""
        cursor = self.cursor()
        cursor.execute(statement, parameters)
        return cursor

    def run_async(self, call: Callable[[Any], Any]) -> Any:
        """Let a function use the driver, as a statement."""
        return self.run(partial(self.real.kind.adapted.run_async, call), "")

    def run(
        self,
        call: Callable[[], Any],
        statement: str,
        parameters: Any = None,
        cursor: VirtualCursor | None = None,
    ) -> Any:
        """Run a statement in this connection's transaction."""
        real = self.real
        with real.turn:
            mine, found = self._begin(), SAVEPOINT.match(statement)
            if found and self._control(mine, found[1][:2].upper(), found[2]):
                return None
            effect = self._enter(mine, statement, parameters, is_control=bool(found))
            layer, writes = real.layers[-1], effect.writes
            if writes:
                layer.writer = mine
            if cursor and cursor.server_side:
                vars(cursor).update(mine=mine, layer=layer)
                layer.is_streamed = True
            result = self._call(mine, call, cursor)
            if writes and (not writes[0] or getattr(cursor, "rowcount", -1) != 0):
                mine.written.add(writes)
            real.kind.leave(mine, effect)
            mine.ends |= effect.ends
            if effect.is_kept:
                real.owner, mine.is_kept = self, True
                real.is_kept |= not real.kind.aborts  # a rollback does not undo it
            return result

    def _enter(
        self, mine: Transaction, statement: str, parameters: Any, *, is_control: bool
    ) -> Effect:
        real, kind = self.real, self.real.kind
        self.real.admit(self)
        if kind.aborts:
            real.prepare(mine)
        try:
            effect = kind.effect_of(statement, parameters)
            if effect.is_refused and not is_control:
                raise RollbackError(REFUSED)
            if real.owner and not effect.writes:  # its driver may write at any time
                effect = Effect(UNKNOWN)
            real.lock(mine, effect)
            mine.seen.add(statement)
            if not is_plain(statement):
                real.is_changed = True
                kind.forget(schema=True)
            if not kind.aborts:
                real.prepare(mine, needs_layer=effect.writes is not None)
                if effect.writes:  # an attempt is enough
                    mine.written.add(effect.writes)
            kind.enter(mine, effect)
        except RollbackError:
            raise
        except Exception as error:
            real.lost = REFUSED
            raise RollbackError(REFUSED) from error
        return effect

    def fetch(self, cursor: VirtualCursor, call: Callable[[], Any]) -> Any:
        """Fetch rows that are still to come from the database."""
        real, kind = self.real, self.real.kind
        with real.turn:
            self.real.admit(self)
            if kind.aborts:
                if cursor.mine is not self._mine:
                    raise RollbackError(ENDED)
                if cursor.layer not in real.layers:
                    raise RollbackError(LOST)
            real.prepare(self._mine, needs_layer=kind.aborts)
            return self._call(self._begin(), call, cursor)

    def _begin(self) -> Transaction:
        if self._mine not in self.real.open:  # it may be an earlier test's
            self._mine = Transaction()
            self.real.open.append(self._mine)
        return self._mine

    def _call(
        self, mine: Transaction, call: Callable[[], Any], cursor: VirtualCursor | None
    ) -> Any:
        real = self.real
        try:
            return call()
        except BaseException as error:
            was_cancelled = not isinstance(error, Exception)
            state = real.kind.state_of(error)
            if was_cancelled:
                real.is_changed = True
                if cursor:  # which keeps SQLite's lock
                    finish(greenlet_spawn(cursor.close))
            if state is None:
                real.lost = REFUSED
            elif real.kind.aborts and (state or mine.has_failed or was_cancelled):
                mine.has_failed = True
                real.go_back(real.layers[-1])
            others = any(one.written for one in real.open if one is not mine)
            if state in NOT_REAL and (others or NOT_REAL[state] != LOCKED):
                raise RollbackError(NOT_REAL[state]) from error
            raise

    def _control(self, mine: Transaction, verb: str, name: str) -> bool:
        """Set, release or go back to a savepoint; return False for an error."""
        real = self.real
        if not name.startswith('"') or not real.kind.aborts:  # SQLite has no other case
            name = name.lower()
        name, is_undone = name.strip('"'), verb == "RO"
        if mine.has_failed and not is_undone:
            return False
        if verb != "SA":
            return real.end_savepoint(mine, name, is_undone=is_undone)
        real.admit(self)
        real.set_savepoint(mine, name)
        return True

    def commit(self) -> None:
        """End the transaction; what it has written stays where it is."""
        mine, real = self._mine, self.real
        if mine in real.open and mine.written and not mine.has_failed and not real.lost:
            with real.turn:
                self._check(mine)
        if mine and mine.has_failed:
            self.rollback()
        elif mine in real.open:
            real.is_kept |= mine.is_kept
            real.lost = real.lost or (ENDED if mine.ends else "")
            real.open.remove(mine)
            self._mine = None

    def _check(self, mine: Transaction) -> None:
        real = self.real
        real.prepare(mine, needs_layer=False)
        if real.kind.defers():
            real.lock(mine, Effect(UNKNOWN))
            real.prepare(mine)
            try:
                real.kind.check()
            except Exception:
                real.go_back(real.layers[-1])
                self._end()
                raise
            real.layers[-1].writer = mine  # triggers may have written

    def rollback(self) -> None:
        """End the transaction; what it has written is undone."""
        if self._mine and in_greenlet():
            with self.real.turn:
                self._end()
                self.real.settle()
        else:  # the garbage collector asks
            self._end()

    def _end(self) -> None:
        mine, self._mine = self._mine, None
        if mine in self.real.open:
            self.real.open.remove(mine)
            self.real.undo(mine, self.real.layers[0])

    def close(self) -> None:
        """Roll back, and let others use the real connection."""
        self.rollback()
        self.real.release(self)

    terminate = close
