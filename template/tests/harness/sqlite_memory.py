"""SQLite in memory: no file anywhere."""

from sqlalchemy import URL

from .sqlite import SQLiteDatabase


class SQLiteMemoryDatabase(SQLiteDatabase):
    """A database in this process's memory that all its connections share.

    Through SQLite's `memdb` VFS several connections see one database and lock each
    other as they would in a file; it is gone when the last of them is closed.
    """

    def __init__(self, name: str) -> None:
        path = f"file:/{name}?vfs=memdb"
        url = URL.create("sqlite+aiosqlite", database=path, query={"uri": "true"})
        super().__init__(name, url)
