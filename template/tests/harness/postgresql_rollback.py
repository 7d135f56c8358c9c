"""Isolation by rollback on PostgreSQL."""

from functools import cached_property

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .isolation_rollback import RollbackIsolation
from .postgresql import PostgreSQLDatabase

# The next transaction's number, and whether any since `first` was committed.
COMMITS = text(
    "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8, EXISTS ("
    "SELECT FROM generate_series(CAST(:first AS int8), "
    "pg_snapshot_xmax(pg_current_snapshot())::text::int8 - 1) AS number "
    "WHERE pg_xact_status(number::text::xid8) = 'committed')"
)


class PostgreSQLRollbackIsolation(RollbackIsolation, PostgreSQLDatabase):
    """A PostgreSQL database to which nothing that a test does is ever committed."""

    _next_transaction = 0
    _rows: object = None

    async def committed(self) -> object:
        """Return which tables hold rows.

        They are asked only if a transaction was committed, by whomever: that is
        known at once, while asking takes the longer the more tables there are.
        """
        last = {"first": self._next_transaction}
        row = (await self.admin.execute(COMMITS, last)).one()
        self._next_transaction, commits = row
        if commits:
            async with self.autocommit.connect() as connection:
                answer = await connection.execute(self._which_tables_hold_rows)
                self._rows = answer.one()
        return self._rows

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
