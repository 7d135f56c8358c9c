"""Emptying the tables of a PostgreSQL database."""

import warnings
from functools import cached_property

from sqlalchemy import TextClause, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .isolation_truncate import TruncateIsolation
from .leaks import BypassWarning
from .postgresql import PostgreSQLDatabase

# Has no effect for a user who is not allowed to do so.
BECOME_REPLICA = (
    "SELECT set_config('session_replication_role', 'replica', false) "
    "WHERE has_parameter_privilege('session_replication_role', 'SET')"
)


class PostgreSQLTruncateIsolation(TruncateIsolation, PostgreSQLDatabase):
    """A PostgreSQL database whose tables are empty before each test."""

    async def schema(self) -> object:
        """Return how many relations there are, and sums of what they consist of."""
        query = (
            "SELECT count(*), sum(oid::int8), sum(relnatts + relchecks) FROM pg_class"
        )
        async with self.autocommit.connect() as connection:
            return (await connection.execute(text(query))).one()

    async def delete_rows(self) -> None:
        """Delete all rows of all tables; sequences go on counting."""
        with warnings.catch_warnings(category=BypassWarning, action="ignore"):
            async with self._cleaner.connect() as connection:
                await connection.execute(self._deletion)
        await self.mark()

    async def disconnect(self) -> None:
        """End all connections to the database."""
        await super().disconnect()
        await self._cleaner.dispose()

    @cached_property
    def _cleaner(self) -> AsyncEngine:
        """An engine whose connections play the part of a replica.

        No trigger fires for them. Otherwise each row would be looked for in all
        tables that may refer to it, though they are emptied, too.
        """
        engine = create_async_engine(self.url, isolation_level="AUTOCOMMIT")
        event.listen(engine.sync_engine, "connect", _become_replica)
        return engine

    @cached_property
    def _deletion(self) -> TextClause:
        """One statement, so that the order of the tables does not matter.

        Where foreign keys are checked, that is done when all rows are gone.
        """
        deletions = ", ".join(
            f"deletion_{number} AS (DELETE FROM {table})"
            for number, table in enumerate(self.tables)
        )
        return text(f"WITH {deletions} SELECT 1")


def _become_replica(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(BECOME_REPLICA)
    cursor.close()
