"""Virtual connections: each has transactions of its own on the one real connection."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy.util.concurrency import in_greenlet

from .queries import START, is_plain
from .real import (
    ENDED,
    KEPT,
    LOCKED,
    LOST,
    REFUSED,
    UNKNOWN,
    Effect,
    Layer,
    Real,
    RollbackError,
    Transaction,
    finish,
)

_SAVEPOINT = re.compile(
    rf"{START}(SAVEPOINT|RELEASE|ROLLBACK(?:\s+WORK|\s+TRANSACTION)?\s+TO)"
    r'(?:\s+SAVEPOINT)?\s+("[^"]+"|\w+)(?:[\s;]|--[^\n]*|/\*.*?\*/)*$',
    re.DOTALL | re.IGNORECASE,
)
# Errors that real connections would not have met: something would have waited, or was
# committed before.
_NOT_REAL = {"23503": LOCKED, "23505": LOCKED, "23P01": LOCKED}
_NOT_REAL |= {"34000": LOST, "55006": REFUSED, "55P04": REFUSED}


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
    def driver_connection(self) -> "Driver":
        """What asks the driver whether it is in a transaction, or borrows it."""
        return Driver(self)

    def lend(self) -> Any:
        """Return the driver's connection, which may be used at any time."""
        self._admit()
        real, driver = self.real, self.real.kind.adapted.driver_connection
        if real.undone or not real.kind.may_lend(driver):
            raise RollbackError(REFUSED)
        if self._mine is None and real.kind.commits(driver):
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

    def cursor(self, *args: Any, **options: Any) -> "VirtualCursor":
        """Return a cursor whose statements belong to this connection."""
        try:
            cursor = self.real.kind.adapted.cursor(*args, **options)
        except Exception as error:  # the real connection is closed
            raise RollbackError(REFUSED) from error
        return VirtualCursor(self, cursor)

    def execute(self, statement: str, parameters: Any = None) -> "VirtualCursor":
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
        cursor: "VirtualCursor | None" = None,
    ) -> Any:
        """Run a statement in this connection's transaction."""
        real = self.real
        with real.turn():
            mine, found = self._begin(), _SAVEPOINT.match(statement)
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
            has_rows = getattr(cursor, "rowcount", -1) != 0
            if writes and (not writes[0] or has_rows):
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
        self._admit()
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

    def fetch(self, cursor: "VirtualCursor", call: Callable[[], Any]) -> Any:
        """Fetch rows that are still to come from the database."""
        real, kind = self.real, self.real.kind
        with real.turn():
            self._admit()
            if kind.aborts:
                if cursor.mine is not self._mine:
                    raise RollbackError(ENDED)
                if cursor.layer not in real.layers:
                    raise RollbackError(LOST)
            real.prepare(self._mine, needs_layer=kind.aborts)
            return self._call(self._begin(), call, cursor)

    def _admit(self) -> None:
        if self.real.lost or self.real.owner not in (None, self):
            raise RollbackError(self.real.lost or KEPT)

    def _begin(self) -> Transaction:
        if self._mine not in self.real.open:  # it may be an earlier test's
            self._mine = Transaction()
            self.real.open.append(self._mine)
        return self._mine

    def _call(
        self, mine: Transaction, call: Callable[[], Any], cursor: "VirtualCursor | None"
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
                    finish(cursor.close)
            if state is None:
                real.lost = REFUSED
            elif real.kind.aborts and (state or mine.has_failed or was_cancelled):
                mine.has_failed = True
                real.go_back(real.layers[-1])
            others = any(one.written for one in real.open if one is not mine)
            if state in _NOT_REAL and (others or _NOT_REAL[state] != LOCKED):
                raise RollbackError(_NOT_REAL[state]) from error
            raise

    def _control(self, mine: Transaction, verb: str, name: str) -> bool:
        """Set, release or go back to a savepoint; return False for an error."""
        real = self.real
        if not name.startswith('"') or not real.kind.aborts:  # SQLite has no other case
            name = name.lower()
        name = name.strip('"')
        if verb == "SA" and not mine.has_failed:
            self._admit()
            effect = real.kind.effect_of("SAVEPOINT", None)
            real.lock(mine, effect)
            if effect.writes:
                mine.written.add(effect.writes)
            real.prepare(None)
            mine.savepoints.append((name, real.layers[-1], mine.settings.copy()))
            return True
        names = [one[0] for one in mine.savepoints]
        if name not in names or (mine.has_failed and verb != "RO"):
            return False
        last = len(names) - 1 - names[::-1].index(name)
        _, layer, settings = mine.savepoints[last]
        del mine.savepoints[last + (verb == "RO") :]
        if verb == "RO":
            real.undo(mine, layer)
            mine.settings, mine.has_failed = settings.copy(), False
            real.kind.forget()
            self._settle()
        return True

    def commit(self) -> None:
        """End the transaction; what it has written stays where it is."""
        mine, real = self._mine, self.real
        if mine in real.open and mine.written and not mine.has_failed and not real.lost:
            with real.turn():
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
            with self.real.turn():
                self._end()
                self._settle()
        else:  # the garbage collector asks
            self._end()

    def _end(self) -> None:
        mine, self._mine = self._mine, None
        if mine in self.real.open:
            self.real.open.remove(mine)
            self.real.undo(mine, self.real.layers[0])

    def _settle(self) -> None:
        if not self.real.lost:
            with suppress(RollbackError):  # the next statement says so
                self.real.prepare(None, needs_layer=False)

    def release(self) -> None:
        """Let others use the real connection."""
        if self.real.owner is self:
            self.real.owner = None
            if self.real.is_kept:
                self.real.lost = KEPT

    def close(self) -> None:
        """Roll back, and let others use the real connection."""
        self.rollback()
        self.release()

    terminate = close


class VirtualCursor:
    """A cursor of the real connection, whose statements belong to a virtual one."""

    mine: Transaction | None = None  # whose stream it is
    layer: Layer | None = None

    def __init__(self, virtual: VirtualConnection, cursor: Any) -> None:
        vars(self).update(_virtual=virtual, _cursor=cursor)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cursor, name)
        if name.startswith("fetch") and self._cursor.server_side:
            return lambda *args: self._virtual.fetch(self, partial(value, *args))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._cursor, name, value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def execute(self, statement: str, parameters: Any = None) -> Any:
        """Execute a statement."""
        call = partial(self._cursor.execute, statement, parameters)
        return self._virtual.run(call, statement, parameters, self)

    def executemany(self, statement: str, parameters: Any) -> Any:
        """Execute a statement for each of many parameters."""
        call = partial(self._cursor.executemany, statement, parameters)
        return self._virtual.run(call, statement, None, self)


class Driver:
    """A driver's connection that is lent to whoever asks for more than its state."""

    def __init__(self, virtual: VirtualConnection) -> None:
        self._virtual = virtual

    def __getattr__(self, name: str) -> Any:
        if name == "in_transaction":
            return self._virtual.real.kind.adapted.driver_connection.in_transaction
        return getattr(self._virtual.lend(), name)
