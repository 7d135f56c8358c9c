"""Isolation by rollback on PostgreSQL."""

from functools import cached_property

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .isolation_rollback import RollbackIsolation
from .postgresql import PostgreSQLDatabase


class PostgreSQLRollbackIsolation(RollbackIsolation, PostgreSQLDatabase):
    """A PostgreSQL database to which nothing that a test does is ever committed."""

    async def committed(self) -> object:
        """Return which tables hold rows."""
        async with self.autocommit.connect() as connection:
            return (await connection.execute(self._which_tables_hold_rows)).one()

    @cached_property
    def _which_tables_hold_rows(self) -> TextClause:
        from .application import metadata  # late: the guard comes before it

        quoted = self.engine.dialect.identifier_preparer.format_table
        tables = map(quoted, metadata.tables.values())
        answers = "".join(f", EXISTS (SELECT FROM {table})" for table in tables)
        return text(f"SELECT true{answers}")  # one column even without tables

    async def violations(self, connection: AsyncConnection) -> list[str]:
        """Return which deferred constraint is violated, in a sentence."""
        try:
            await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            return [f"A commit would fail in production: {error.orig}"]
        return []
