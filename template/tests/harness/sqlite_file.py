"""SQLite in a file, one for each worker, with real connections."""

import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest
from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from .sqlite import SQLiteDatabase

# Deletes the directory when its standard input closes: when the tests end, or are
# killed.
KEEPER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], True)"
SPACE_NEEDED = 64 * 1024 * 1024  # bytes


class SQLiteFileDatabase(SQLiteDatabase):
    """A database file in a temporary directory of its own."""

    def __init__(self, name: str) -> None:
        parent = Path(tempfile.gettempdir())
        if (free := shutil.disk_usage(parent).free) < SPACE_NEEDED:
            msg = (
                f"SQLite needs {SPACE_NEEDED >> 20} MiB, and {parent} has {free >> 20} "
                "MiB free: free some, or set TMPDIR to another folder"
            )
            raise pytest.UsageError(msg)
        self.directory = parent / f"sqlite-{uuid.uuid4().hex[:12]}"
        path = str(self.directory / f"{name}.db")
        super().__init__(name, URL.create("sqlite+aiosqlite", database=path))

    async def open(self) -> None:
        """Create the directory and the database in it."""
        self._make_directory()
        await super().open()
        # The anchor puts the database back, so it does not wait for the disk either.
        self.anchor.execute("PRAGMA synchronous=OFF")

    async def close(self) -> None:
        """Remove the database and its directory."""
        await super().close()
        self._keeper.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)  # if the keeper was killed

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
