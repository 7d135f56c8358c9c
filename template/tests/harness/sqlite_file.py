"""SQLite in a file, one for each worker, with real connections."""

import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from .sqlite import SQLiteDatabase

# Deletes the directory when its standard input closes: when the tests end, or are
# killed.
KEEPER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], True)"


class SQLiteFileDatabase(SQLiteDatabase):
    """A database file in a temporary directory of its own."""

    def __init__(self, name: str) -> None:
        directory = f"sqlite-{uuid.uuid4().hex[:12]}"
        self.directory = Path(tempfile.gettempdir()) / directory
        path = str(self.directory / f"{name}.db")
        super().__init__(name, URL.create("sqlite+aiosqlite", database=path))

    async def open(self) -> None:
        """Create the directory and the database in it."""
        self._make_directory()
        await super().open()

    async def close(self) -> None:
        """Remove the database and its directory."""
        await super().close()
        self._keeper.communicate()

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-c", KEEPER, self.directory],
            stdin=subprocess.PIPE,
            # Ctrl-C is for the tests, which then close the pipe.
            start_new_session=True,
        )

    def create_engine(self) -> AsyncEngine:
        """Return an engine whose connections do not wait for the disk."""
        engine = super().create_engine()
        event.listen(engine.sync_engine, "connect", _turn_durability_off)
        return engine


def _turn_durability_off(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()
