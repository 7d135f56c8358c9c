# fmt: off; isort: skip_file
"""Where SQLite keeps the database: in memory, with no file anywhere."""

import sqlite3

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine


class Place:
    """A place for a database; its `url` is known before it is open."""

    def __init__(self, name: str) -> None:
        # Through the VFS `memdb` all connections of this process see one database, and
        # lock each other as they would in a file.
        self.path = path = f"file:/{name}?vfs=memdb"
        self.url = URL.create("sqlite+aiosqlite", database=path, query={"uri": "true"})

    def open(self, _engine: AsyncEngine) -> sqlite3.Connection:
        """Return a connection, with which the database lasts until `close`."""
        self._anchor = sqlite3.connect(
            self.path, timeout=2.0, isolation_level=None, uri=True
        )
        return self._anchor

    def close(self) -> None:
        """Remove the database."""
        self._anchor.close()
