"""Isolation by rollback on PostgreSQL."""

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .isolation_rollback import RollbackIsolation
from .postgresql import PostgreSQLDatabase


class PostgreSQLRollbackIsolation(RollbackIsolation, PostgreSQLDatabase):
    """A PostgreSQL database to which nothing that a test does is ever committed."""

    async def committed(self) -> object:
        """Return which tables hold rows."""
        from .application import metadata  # late: the guard comes before it

        quoted = self.engine.dialect.identifier_preparer.format_table
        tables = map(quoted, metadata.tables.values())
        columns = ", ".join(f"EXISTS (SELECT FROM {table})" for table in tables)
        async with self.autocommit.connect() as connection:
            return (await connection.execute(text(f"SELECT {columns}"))).one()

    async def violations(self, connection: AsyncConnection) -> list[str]:
        """Return which deferred constraint is violated, in a sentence."""
        try:
            await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            return [f"A commit would fail in production: {error.orig}"]
        return []
