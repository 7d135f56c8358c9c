"""SQLite, wherever its bytes are kept."""

import shlex
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from .database import Database
from .guard import RefusedError

MARKER = int.from_bytes(b"test")  # the `application_id` of databases made here
# Every table and every index takes a page at least, and each page has to be copied.
PAGE_SIZE = 1024  # bytes


class SQLiteDatabase(Database):
    """A SQLite database with an anchor, a connection of the harness's own.

    The anchor works in this thread, without the hops to a thread of its own that
    every call on aiosqlite costs. While a test has left a transaction open, it raises
    `sqlite3.OperationalError`, after the five seconds that sqlite3 waits for a lock.
    """

    anchor: sqlite3.Connection

    def __init__(self, name: str, url: URL) -> None:
        super().__init__(url)
        self._name = name

    async def open(self) -> None:
        """Create the database, empty, and an engine for it."""
        self.anchor = sqlite3.connect(
            self.url.database or "", isolation_level=None, uri=True
        )
        self.anchor.execute(f"PRAGMA page_size={PAGE_SIZE}")
        self.anchor.execute(f"PRAGMA application_id={MARKER}")
        self._saved = sqlite3.connect(":memory:")
        self.engine = self.create_engine()

    async def close(self) -> None:
        """Close all connections; the subclass removes what is left."""
        self.leaks.stop()
        await self.engine.dispose()
        self.anchor.close()
        self._saved.close()

    def create_engine(self) -> AsyncEngine:
        """Return an engine whose connections hold no lock once they are invalidated."""
        engine = super().create_engine()
        event.listen(engine.sync_engine, "invalidate", _release)
        return engine

    async def save(self) -> None:
        """Remember the database as it is now."""
        self.anchor.backup(self._saved)
        self.mark()

    async def is_unchanged(self) -> bool:
        """Return whether nothing was committed since it was saved or put back."""
        return self._mark == self.commits()

    async def restore(self) -> None:
        """Put the database back to what it was when it was saved, if it is not.

        Raises `sqlite3.OperationalError` while a transaction is open.
        """
        if not await self.is_unchanged():
            self.check_marker()
            version = self.schema_version()
            self._saved.backup(self.anchor, progress=_raise_if_locked)
            if version == self._schema_version:
                # The copy has raised it, so that all connections would read the same
                # schema again, which takes longer than the copy.
                self.anchor.execute(f"PRAGMA schema_version={version}")
            self.mark()

    def mark(self) -> None:
        """Take the database, as it is, for unchanged."""
        self._mark = self.commits()
        self._schema_version = self.schema_version()

    def commits(self) -> object:
        """Return SQLite's counter of commits by other connections than the anchor."""
        return self.anchor.execute("PRAGMA data_version").fetchone()

    def schema_version(self) -> int:
        """Return SQLite's counter of changes to the schema."""
        [version] = self.anchor.execute("PRAGMA schema_version").fetchone()
        return int(version)

    def keep(self) -> str:
        """Choose a file to keep the database in; return the line that opens it."""
        path = Path(tempfile.mkdtemp(prefix="kept-")) / f"{self._name}.db"
        self.keep_as = str(path)
        return f"sqlite3 {shlex.quote(self.keep_as)}"

    async def copy_to(self, name: str) -> None:
        """Copy the database to the file `name`."""
        with sqlite3.connect(name) as copy:
            self.anchor.backup(copy, progress=_raise_if_locked)
        copy.close()

    def check_marker(self) -> None:
        """Raise `RefusedError` unless the database was made here."""
        if self.anchor.execute("PRAGMA application_id").fetchone() != (MARKER,):
            msg = f"{self.url.database} was not made by the tests; it stays as it is"
            raise RefusedError(msg)


def _release(connection: DBAPIConnection, *_: object) -> None:
    # Closing alone keeps the transaction, and the lock, as long as something refers to
    # a cursor: the traceback of a cancelled query does. Besides, aiosqlite does not
    # close, nor stop the query, if the task that closes is cancelled as well.
    driver = connection.driver_connection
    if driver._connection:
        driver._connection.interrupt()
        driver._tx.put_nowait((None, driver._connection.rollback))
        driver._tx.put_nowait((None, driver._connection.close))


def _raise_if_locked(status: int, _remaining: int, _total: int) -> None:
    # Without this, `backup` waits for the lock for ever.
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        msg = "the database is locked: the test left a transaction open"
        raise sqlite3.OperationalError(msg)
