"""Emptying the tables of a PostgreSQL database."""

import warnings
from functools import cached_property

from sqlalchemy import TextClause, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .isolation_truncate import TruncateIsolation
from .leaks import BypassWarning
from .postgresql import PostgreSQLDatabase

MAY_BECOME_REPLICA = "has_parameter_privilege('session_replication_role', 'SET')"
BECOME_REPLICA = (
    "SELECT set_config('session_replication_role', 'replica', false) "
    f"WHERE {MAY_BECOME_REPLICA}"
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

    async def triggers_fire(self) -> bool:
        """Return whether there are triggers that may write while rows are deleted."""
        query = (
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN "
            f"('A', CASE WHEN {MAY_BECOME_REPLICA} THEN 'R' ELSE 'O' END)"
        )
        async with self.autocommit.connect() as connection:
            return bool(await connection.scalar(text(query)))

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
        """An engine whose connections play the part of a replica, if they may.

        No foreign key is checked for them. Otherwise each row would be looked for in
        all tables that may refer to it, though they are emptied, too.
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
