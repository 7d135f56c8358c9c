"""Isolation by rollback on SQLite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from .isolation_rollback import RollbackIsolation
from .sqlite import SQLiteDatabase


class SQLiteRollbackIsolation(RollbackIsolation, SQLiteDatabase):
    """A SQLite database to which nothing that a test does is ever committed."""

    _driver: Any  # aiosqlite's connection, of the outer transaction

    async def begin(self, connection: AsyncConnection) -> AsyncTransaction:
        """Begin the outer transaction."""
        proxied = await connection.get_raw_connection()
        self._driver = proxied.driver_connection
        with self._in_this_thread():
            return await super().begin(connection)

    async def roll_back(self, connection: AsyncConnection) -> None:
        """Roll the outer transaction back, and return its connection to the pool."""
        with self._in_this_thread():
            await super().roll_back(connection)

    async def committed(self) -> object:
        """Return what changes when something is committed."""
        return self.commits()

    async def violations(self, connection: AsyncConnection) -> list[str]:
        """Return which deferred constraints are violated, in sentences."""
        rows = await connection.exec_driver_sql("PRAGMA foreign_key_check")
        return [
            f"A commit would fail in production: {row.table} refers to a row that "
            f"{row.parent} does not have."
            for row in rows
        ]

    @contextmanager
    def _in_this_thread(self) -> Iterator[None]:
        """Have SQLite called in this thread, while aiosqlite's has nothing to do.

        aiosqlite hands each call to a thread of its own, and that takes far longer
        than SQLite's BEGIN or ROLLBACK does.
        """
        # SQLAlchemy has set check_same_thread=False, as it does but for `:memory:`.
        self._driver._execute = _call
        try:
            yield
        finally:
            del self._driver._execute


async def _call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return function(*args, **options)
