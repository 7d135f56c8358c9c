# fmt: off; isort: skip_file
"""What virtual connections need of SQLite."""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from unittest.mock import patch

from sqlalchemy.util import greenlet_spawn

from .queries import START
from .real import fetch, finish
from .transactions import FIX, UNKNOWN, Effect, RollbackError, Transaction

# What takes no lock in production either.
_READ = re.compile(
    rf"{START}(SELECT|VALUES|EXPLAIN|PRAGMA|"
    r"WITH(?!.*\b(INSERT|REPLACE|UPDATE|DELETE)\b))\b",
    re.DOTALL | re.IGNORECASE,
)
# What would end the transaction, or does nothing inside one.
_REFUSED = re.compile(
    rf"{START}(BEGIN|COMMIT|END|ROLLBACK|PRAGMA\s+(foreign_keys|journal_mode)\s*[=(])",
    re.IGNORECASE,
)
_KEPT = re.compile(
    rf"{START}(PRAGMA\s+\w+\s*(=|\(\s*\d)|CREATE\s+TEMP|CREATE\s.*\btemp\.|ATTACH|DETACH)",
    re.DOTALL | re.IGNORECASE,
)
_ENDS = re.compile(rf"{START}PRAGMA\s+defer_foreign_keys\b", re.IGNORECASE)


@lru_cache
def _effect_of(statement: str) -> Effect:
    return Effect(
        None if _READ.match(statement) else UNKNOWN,
        ends=_ENDS.match(statement) is not None,
        is_kept=_KEPT.match(statement) is not None,
        is_refused=_REFUSED.match(statement) is not None,
    )


class Transactions:
    """Transactions of SQLite; `timeout` is how many seconds a query may take."""

    aborts = False

    def __init__(self, timeout: float) -> None:
        self._timeout, self._deadline = timeout, float("inf")
        self._defers: bool | None = None
        self._has_changed = False
        self.adapted: Any = None
        self._limited: Any = None  # the driver's connection that has a handler

    @asynccontextmanager
    async def begun(self, connect: Any) -> AsyncIterator[None]:
        """Begin a transaction for the block, in which SQLite is called by the loop.

        There is no lock to wait for: the hop to aiosqlite's thread takes longer than
        most calls.
        """
        self.forget()
        self._has_changed = False  # so that a rollback changes the schema, too
        self.adapted = await connect()
        driver = self.adapted.driver_connection
        # SQLAlchemy has set check_same_thread=False, as it does except for `:memory:`.
        with patch.object(driver, "_execute", self._call_in_this_thread):
            if driver is not self._limited:
                await driver.set_progress_handler(self._is_late, 100_000)
                self._limited = driver
            # Now, so that two connections do not both begin it.
            await driver.execute("BEGIN IMMEDIATE")
            # Nobody but the test has to answer for what it does itself.
            self._dangling = await greenlet_spawn(self._find_dangling)
            try:
                yield
            finally:
                await driver.rollback()

    def begin(self) -> None:
        """Do nothing: it has begun."""

    async def _call_in_this_thread(
        self, call: Callable[..., Any], *args: Any, **options: Any
    ) -> Any:
        await asyncio.sleep(0)  # so that other tasks have their turn, as with a thread
        self._deadline = time.monotonic() + self._timeout
        try:
            return call(*args, **options)
        except sqlite3.OperationalError as error:
            if self._is_late():
                msg = (
                    f"A query has blocked all else for {self._timeout:g} seconds. {FIX}"
                )
                raise RollbackError(msg) from error
            raise
        finally:
            self._deadline = float("inf")

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def control(self, *statements: str, restart: bool) -> None:
        """Send statements, or first begin another transaction instead of this one."""
        if restart:
            finish(greenlet_spawn(self.adapted.rollback))
            statements = ("BEGIN IMMEDIATE", *statements)
        for statement in statements:
            finish(self.adapted.driver_connection.execute(statement))

    def effect_of(self, statement: str, _parameters: object) -> Effect:
        """Return what a statement does."""
        return _effect_of(statement)

    def enter(self, _mine: Transaction, _effect: Effect) -> None:
        """Do nothing: the connection is the same for all."""

    def leave(self, _mine: Transaction, _effect: Effect) -> None:
        """Do nothing, as `enter` does."""

    def forget(self, *, schema: bool = False) -> None:
        """Take note that the schema may be another one now."""
        self._has_changed |= schema
        if self._has_changed:
            self._defers = None

    def cascades(self) -> bool:
        """Return False: the whole database is locked."""
        return False

    def defers(self) -> bool:
        """Return whether a commit may have to check constraints."""
        if self._defers is None:
            query = "SELECT 1 FROM sqlite_schema WHERE sql LIKE '%DEFERR%'"
            self._defers = bool(fetch(self.adapted, query))
        return self._defers

    def check(self) -> None:
        """Check them; raise what a commit would raise."""
        if self._find_dangling() - self._dangling:
            raise self.adapted.dbapi.IntegrityError("FOREIGN KEY constraint failed")

    def _find_dangling(self) -> set[Any]:
        if not self.defers() or fetch(self.adapted, "PRAGMA foreign_keys") == [(0,)]:
            return set()
        return {*fetch(self.adapted, "PRAGMA foreign_key_check")}

    def state_of(self, _error: BaseException) -> str | None:
        """Return None if an error has ended the transaction, as ON CONFLICT may."""
        return "" if self.has_begun() else None

    def has_begun(self) -> bool:
        """Return whether there is a transaction."""
        return bool(self.adapted.driver_connection.in_transaction)

    def commits(self) -> bool:
        """Return False: sqlite3 begins transactions by itself."""
        return False
