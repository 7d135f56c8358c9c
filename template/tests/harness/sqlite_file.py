# fmt: off; isort: skip_file
"""Where SQLite keeps the database: in a directory that is gone at the end."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine

# Its standard input closes when the tests end, or are killed.
KEEPER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], True)"
NO_SYNC = "PRAGMA synchronous=OFF"  # nobody waits for the disk


class Place:
    """A place for a database; its `url` is known before it is open."""

    def __init__(self, name: str) -> None:
        parent = Path(tempfile.gettempdir())
        self._directory = parent / f"sqlite-{uuid.uuid4().hex[:12]}"
        self.path = str(self._directory / f"{name}.db")
        self.url = URL.create("sqlite+aiosqlite", database=self.path)

    def open(self, engine: AsyncEngine) -> sqlite3.Connection:
        """Return a connection to the database, in a directory of its own.

        A process of its own removes that, in whatever way the tests end.
        """
        self._directory.mkdir(mode=0o700)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-c", KEEPER, self._directory],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the tests
        )
        self._anchor = sqlite3.connect(self.path, timeout=2.0, isolation_level=None)
        self._anchor.execute(NO_SYNC)
        event.listen(engine.sync_engine, "connect", lambda c, _: c.execute(NO_SYNC))
        return self._anchor

    def close(self) -> None:
        """Remove the database, and its directory."""
        self._anchor.close()
        self._keeper.communicate()
        shutil.rmtree(self._directory, ignore_errors=True)  # if the keeper was killed
