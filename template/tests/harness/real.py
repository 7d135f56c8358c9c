"""The real connection of a test, and the transactions that share it.

It is in a transaction that is rolled back after the test. Those of virtual connections
are parts of it: a commit leaves what was written where it is, and a rollback goes back to
a savepoint, a layer, above which nobody else has written.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.concurrency import await_only

FIX = "Mark the test with @pytest.mark.real_commits."
LOST = f"A rollback has to undo what another connection has written since. {FIX}"
LOCKED = f"Another connection has not committed yet, so that this may wait. {FIX}"
KEPT = f"A connection has settings of its own, or is lent, and all are the same. {FIX}"
ENDED = f"What should have ended with a transaction has not. {FIX}"
REFUSED = f"This needs a transaction, a commit or a connection that is real. {FIX}"
DEPTH = 16  # layers, after which those that nobody needs are released
Writes = tuple[str, str]  # a verb and a table
UNKNOWN: Writes = ("", "")


class RollbackError(Exception):
    """A test did what cannot be done inside the transaction that isolates it."""


@dataclass(frozen=True)
class Effect:
    """What a statement does: what it may write, and whatever else is not plain."""

    writes: Writes | None = None
    sets: tuple[str, ...] = ()  # settings, until the transaction ends
    excludes: str = ""  # a table that nobody else may even read
    ends: bool = False  # with the transaction, though not with a savepoint
    is_kept: bool = False  # by the connection
    is_refused: bool = False


@dataclass(eq=False)
class Transaction:
    """What a virtual connection does until it commits or rolls back."""

    savepoints: list[tuple[str, "Layer", dict[str, str]]] = field(default_factory=list)
    written: set[Writes] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)  # its statements
    settings: dict[str, str] = field(default_factory=dict)
    has_failed: bool = False  # so that it can only end
    is_stuck: bool = False  # there is no layer to go back to
    is_kept: bool = False
    ends: bool = False


@dataclass(eq=False)
class Layer:
    """A savepoint, and who has written between it and the next one."""

    name: str
    writer: Transaction | None = None
    is_streamed: bool = False  # a stream would not outlive a rollback to it


class Kind(Protocol):
    """What differs between kinds of databases."""

    aborts: bool  # a transaction, if one of its statements fails
    adapted: Any  # what SQLAlchemy makes of the driver's connection

    def begun(self, adapted: Any) -> AbstractAsyncContextManager[None]:
        """Begin a transaction for the block."""

    def control(self, *statements: str, restart: bool) -> None:
        """Send statements, or first begin another transaction instead of this one."""

    def effect_of(self, statement: str, parameters: Any) -> Effect:
        """Return what a statement does."""

    def enter(self, mine: Transaction, effect: Effect) -> None:
        """Make the connection what it is for a transaction, before a statement."""

    def leave(self, mine: Transaction, effect: Effect) -> None:
        """Note what a statement has set for its transaction."""

    def forget(self, *, schema: bool = False) -> None:
        """Take note that what is set, or the schema, may be another one now."""

    def cascades(self) -> bool:
        """Return whether a statement may lock what it does not name."""

    def defers(self) -> bool:
        """Return whether a commit may have to check constraints."""

    def check(self) -> None:
        """Check them; raise what a commit would raise."""

    def state_of(self, error: BaseException) -> str | None:
        """Return the SQLSTATE of a server's error; None if the transaction has ended."""

    def may_lend(self, driver: Any) -> bool:
        """Return whether the real transaction has begun for a driver, or will."""

    def commits(self, driver: Any) -> bool:
        """Return whether a driver, by itself, commits each statement."""


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
        self._turn, self._number = asyncio.Lock(), 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep other tasks from using the connection in the block."""
        await_only(self._turn.acquire())
        try:
            yield
        finally:
            self._turn.release()

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


def finish(call: Callable[[], Any]) -> Any:
    """Return what a call returns that nobody can cancel half-way."""

    async def finished() -> Any:
        task = asyncio.ensure_future(greenlet_spawn(call))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                await asyncio.wait([task])
            raise

    return await_only(finished())
