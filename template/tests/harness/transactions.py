# fmt: off; isort: skip_file
"""Transactions of virtual connections, and what they ask of a kind of database."""

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from .queries import START

FIX = "Mark the test with @pytest.mark.real_commits."
LOST = f"A rollback has to undo what another connection has written since. {FIX}"
LOCKED = f"Another connection has not committed yet, so that this may wait. {FIX}"
KEPT = f"A connection has settings of its own, or is lent, and all are the same. {FIX}"
ENDED = f"What should have ended with a transaction has not. {FIX}"
REFUSED = f"This needs a transaction, a commit or a connection that is real. {FIX}"
# Errors that real connections would not have met: something would have waited, or was
# committed before.
NOT_REAL = {"23503": LOCKED, "23505": LOCKED, "23P01": LOCKED}
NOT_REAL |= {"34000": LOST, "55006": REFUSED, "55P04": REFUSED}
SAVEPOINT = re.compile(
    rf"{START}(SAVEPOINT|RELEASE|ROLLBACK(?:\s+WORK|\s+TRANSACTION)?\s+TO)"
    r'(?:\s+SAVEPOINT)?\s+("[^"]+"|\w+)(?:[\s;]|--[^\n]*|/\*.*?\*/)*$',
    re.DOTALL | re.IGNORECASE,
)
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

    def begun(self, connect: Any) -> AbstractAsyncContextManager[None]:
        """Have a transaction for the block, on the connection that is awaited."""

    def begin(self) -> None:
        """Begin it, at the latest now."""

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
        """Return a server's SQLSTATE, or nothing; None if the transaction has ended."""

    def has_begun(self) -> bool:
        """Return whether there is a transaction for the driver, or will be one."""

    def commits(self) -> bool:
        """Return whether the driver, by itself, commits each statement."""
