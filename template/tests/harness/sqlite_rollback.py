"""Isolation by rollback on SQLite."""

from sqlalchemy.ext.asyncio import AsyncConnection

from .isolation_rollback import RollbackIsolation
from .sqlite import SQLiteDatabase


class SQLiteRollbackIsolation(RollbackIsolation, SQLiteDatabase):
    """A SQLite database to which nothing that a test does is ever committed."""

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
