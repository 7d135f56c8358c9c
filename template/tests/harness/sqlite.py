"""SQLite, wherever its bytes are kept."""

import sqlite3

from .database import Database
from .guard import RefusedError

MARKER = int.from_bytes(b"test")  # the `application_id` of databases made here


class SQLiteDatabase(Database):
    """A SQLite database with an anchor, a connection of the harness's own.

    The anchor works in this thread, without the hops to a thread of its own that
    every call on aiosqlite costs. It never waits for a lock: while a test has left a
    transaction open, it raises `sqlite3.OperationalError`.
    """

    anchor: sqlite3.Connection

    async def open(self) -> None:
        """Create the database, empty, and an engine for it."""
        self.anchor = sqlite3.connect(
            self.url.database or "", isolation_level=None, timeout=0, uri=True
        )
        self.anchor.execute(f"PRAGMA application_id={MARKER}")
        self.engine = self.create_engine()

    async def clear(self) -> None:
        """Make the database empty again."""
        with sqlite3.connect(":memory:") as nothing:
            nothing.execute(f"PRAGMA application_id={MARKER}")
            self.overwrite_with(nothing)
        nothing.close()

    async def close(self) -> None:
        """Close all connections; the subclass removes what is left."""
        await self.engine.dispose()
        self.anchor.close()

    def overwrite_with(self, source: sqlite3.Connection) -> None:
        """Replace everything in the database by what is in `source`."""
        self.check_marker()
        source.backup(self.anchor, progress=_raise_if_locked)

    def check_marker(self) -> None:
        """Raise `RefusedError` unless the database was made here."""
        if self.anchor.execute("PRAGMA application_id").fetchone() != (MARKER,):
            msg = f"{self.url.database} was not made by the tests; it stays as it is"
            raise RefusedError(msg)


def _raise_if_locked(status: int, _remaining: int, _total: int) -> None:
    # Without this, `backup` waits for the lock for ever.
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        msg = "the database is locked: the test left a transaction open"
        raise sqlite3.OperationalError(msg)
