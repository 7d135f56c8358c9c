# fmt: off; isort: skip_file
"""SQLite: a database that is opened, closed and copied."""

import gc
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, ClassVar

import aiosqlite
import pytest
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from .database import Prepare
from .other_databases import OTHERS, OWN


class SQLite:
    """A database of one worker, with an anchor, a connection free of aiosqlite."""

    hints: ClassVar = {
        "not authorized|authorization denied": "ATTACH and VACUUM INTO reach another "
        "file: write its name as a literal, below `tmp_path` or in `test_databases`."
    }

    def __init__(
        self,
        place: Callable[[str], Any],
        changes: Callable[["SQLite"], Any],
        config: pytest.Config,
        prepare: Prepare,
        suffix: str,
    ) -> None:
        self.config = config
        self._is_other_file = config.stash[OTHERS].is_other_file
        self._choose_place, self._note_changes = place, changes
        self._prepare, self._suffix, self._number = prepare, suffix, 0
        self._move()

    def _move(self) -> None:
        self._number += 1
        self._place = self._choose_place(f"app{self._number}_test{self._suffix}")
        self.url = self._place.url

    async def open(self) -> None:
        """Create the database, prepared for the tests, and an engine for it."""
        from .application import create_engine  # late: the guard comes before it

        self.engine = create_engine(self.url)
        OWN.add(self.engine.dialect)
        event.listen(self.engine.sync_engine, "invalidate", _release)
        event.listen(self.engine.sync_engine, "connect", self._guard, insert=True)
        self.anchor: sqlite3.Connection = self._place.open(self.engine)
        self._saved = sqlite3.connect(":memory:")
        try:
            await self.clear()
            await self._prepare(self.engine)
        except BaseException:
            await self.close()
            raise
        self.anchor.backup(self._saved)
        self.changes = self._note_changes(self)

    async def close(self) -> None:
        """Remove the database."""
        await self.engine.dispose()
        # A connection that a test has made itself, and left, would keep pytest alive.
        for thing in gc.get_objects():
            if type(thing) is aiosqlite.Connection:
                thing.stop()
        self._saved.close()
        self._place.close()

    async def renew(self) -> None:
        """Make another database, because this one cannot be put back."""
        with suppress(sqlite3.Error):
            await self.close()
        self._move()
        await self.open()

    async def clear(self) -> None:
        """Empty the database, which has no tables then, for a test."""
        self.check_lock()
        with closing(sqlite3.connect(":memory:")) as blank:
            # Every table and index takes a page at least, and each has to be copied.
            blank.execute("PRAGMA page_size=1024")
            blank.execute("PRAGMA user_version=1")  # writes a page, and so its size
            with closing(sqlite3.connect(self._place.path, uri=True)) as other:
                blank.backup(other)  # so that the anchor notices it

    def check_lock(self) -> None:
        """Raise an error if anything has the database locked: a copy would wait."""
        self.anchor.executescript("BEGIN EXCLUSIVE; ROLLBACK")

    def copy(self) -> None:
        """Make the database what it was when it had been prepared."""
        self._saved.backup(self.anchor)

    def _guard(self, connection: DBAPIConnection, _: object) -> None:
        def authorize(action: int, file: str | None, *_: object) -> int:
            is_other = action == sqlite3.SQLITE_ATTACH and self._is_other_file(file)
            return sqlite3.SQLITE_DENY if is_other else sqlite3.SQLITE_OK

        connection.run_async(lambda driver: driver.set_authorizer(authorize))


def _release(connection: DBAPIConnection, *_: object) -> None:
    # Closing alone keeps the transaction, and the lock, as long as something refers to
    # a cursor: the traceback of a cancelled query does. Besides, aiosqlite does not
    # close, nor stop the query, if the task that closes is cancelled as well.
    driver = connection.driver_connection
    if driver._connection:
        driver._connection.interrupt()
        driver._tx.put_nowait((None, driver._connection.rollback))
        driver._tx.put_nowait((None, driver._connection.close))
