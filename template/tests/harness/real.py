# fmt: off; isort: skip_file
"""The real connection of a test, and the transactions that share it.

It is in a transaction that is rolled back after the test. Those of virtual connections
are parts of it: a commit leaves what was written where it is, and a rollback goes back
to a savepoint, a layer, above which nobody else has written.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from sqlalchemy.util.concurrency import await_only

from .transactions import (
    KEPT,
    LOCKED,
    LOST,
    REFUSED,
    Effect,
    Kind,
    Layer,
    RollbackError,
    Transaction,
    Writes,
)

DEPTH = 16  # layers, after which those that nobody needs are released


class Turn:
    """A lock for code that runs in a greenlet."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    def __enter__(self) -> None:
        await_only(self._lock.acquire())

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Real:
    """The real connection: its layers, and the transactions that are open on it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.layers = [Layer("")]  # the first one is the transaction itself
        self.open: list[Transaction] = []
        self.owner: object = None  # the only one that may use it, if there is one
        self.undone: Layer | None = None  # to be gone back to, before anything else
        self.lost = ""  # why nothing can be right any more
        self.is_changed = False  # so that no other test may have it
        self.is_kept = False  # by a transaction that is committed
        self.turn, self._number = Turn(), 0  # one task at a time uses the connection

    def admit(self, connection: object) -> None:
        """Refuse all if nothing can be right, and others if one has it for itself."""
        if self.lost or self.owner not in (None, connection):
            raise RollbackError(self.lost or KEPT)

    def release(self, connection: object) -> None:
        """Let others use it, if a connection has had it for itself."""
        if self.owner is connection:
            self.owner = None
            if self.is_kept:
                self.lost = KEPT

    def lock(self, mine: Transaction, effect: Effect) -> None:
        """Refuse what would wait for another transaction."""
        others = [one for one in self.open if one is not mine]
        written = {writes for other in others for writes in other.written}
        may_wait = any(_clash(effect.writes, one) for one in written)
        if not may_wait and effect.writes and effect.writes[0] != "SET" and written:
            may_wait = self.kind.cascades()
        if not may_wait and effect.excludes:
            may_wait = any(effect.excludes in sql for one in others for sql in one.seen)
        if may_wait:
            raise RollbackError(LOCKED)

    def prepare(self, mine: Transaction | None, *, needs_layer: bool = True) -> None:
        """Go back to where a rollback leads; have a layer that nobody else wrote to."""
        restart, controls, top = self.undone is self.layers[0], [], self.layers[-1]
        if self.undone and not restart:
            controls.append(f"ROLLBACK TO SAVEPOINT {self.undone.name}")
        if needs_layer and (top.is_streamed or top.writer not in (None, mine)):
            if len(self.layers) > DEPTH and self._is_settled():
                controls.append(f"RELEASE SAVEPOINT {self.layers[1].name}")
                self.layers[0].writer = top.writer
                del self.layers[1:]
            self._number += 1
            self.layers.append(Layer(f"layer_{self._number}"))
            controls.append(f"SAVEPOINT {self.layers[-1].name}")
        if restart or controls:
            try:
                self.kind.control(*controls, restart=restart)
            except Exception as error:
                self.lost = REFUSED
                raise RollbackError(REFUSED) from error
            finally:
                self.undone = None

    def _is_settled(self) -> bool:
        writers = {layer.writer for layer in self.layers}
        is_needed = any(one in writers or one.savepoints for one in self.open)
        return not is_needed and not any(layer.is_streamed for layer in self.layers)

    def settle(self) -> None:
        """Go back to where a rollback leads, now, if that can be right."""
        if not self.lost:
            with suppress(RollbackError):  # the next statement says so
                self.prepare(None, needs_layer=False)

    def set_savepoint(self, mine: Transaction, name: str) -> None:
        """Have a savepoint of a transaction here."""
        effect = self.kind.effect_of("SAVEPOINT", None)
        self.lock(mine, effect)
        if effect.writes:
            mine.written.add(effect.writes)
        self.prepare(None)
        mine.savepoints.append((name, self.layers[-1], mine.settings.copy()))

    def end_savepoint(self, mine: Transaction, name: str, *, is_undone: bool) -> bool:
        """Release a savepoint, or go back to it; return False if there is none."""
        names = [one[0] for one in mine.savepoints]
        if name not in names:
            return False
        last = len(names) - 1 - names[::-1].index(name)
        _, layer, settings = mine.savepoints[last]
        del mine.savepoints[last + is_undone :]
        if is_undone:
            self.undo(mine, layer)
            mine.settings, mine.has_failed = settings.copy(), False
            self.kind.forget()
            self.settle()
        return True

    def undo(self, mine: Transaction, start: Layer) -> None:
        """Undo what a transaction has written above `start`, and nobody else has."""
        later = self.layers[self.layers.index(start) :]
        while later and later[0].writer is not mine:
            del later[0]
        if mine.is_stuck or any(one.writer not in (None, mine) for one in later):
            self.lost = LOST
        elif later:
            self.go_back(later[0])

    def go_back(self, layer: Layer) -> None:
        """Undo what lies above a layer, before anything else is done."""
        kept = self.layers[: self.layers.index(layer) + 1]
        for one in self.open:
            one.savepoints = [
                (name, old if old in kept else layer, settings)
                for name, old, settings in one.savepoints
            ]
        self.layers, self.undone = kept, layer
        layer.writer, layer.is_streamed = None, False
        self.kind.forget()


def _clash(mine: Writes | None, other: Writes) -> bool:
    if mine is None or "SET" in (mine[0], other[0]):
        return False
    verbs = {mine[0], other[0]}
    if "ADVISORY" in verbs:
        return len(verbs) == 1
    if "" in verbs or mine[0] == "DELETE":  # which may have to do with other tables
        return True
    return mine[1] == other[1] and verbs != {"INSERT"}


def fetch(adapted: Any, query: str) -> list[Any]:
    """Return the rows of a query on a connection as SQLAlchemy 2.0 adapts it, too."""
    cursor = adapted.cursor()
    cursor.execute(query)
    return list(cursor.fetchall())


def finish(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns that nobody can cancel half-way."""

    async def finished() -> Any:
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                await asyncio.wait([task])
            raise

    return await_only(finished())
