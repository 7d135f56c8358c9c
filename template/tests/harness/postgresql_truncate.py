"""Emptying the tables of a PostgreSQL database."""

from sqlalchemy import text

from .isolation_truncate import TruncateIsolation
from .postgresql import PostgreSQLDatabase


class PostgreSQLTruncateIsolation(TruncateIsolation, PostgreSQLDatabase):
    """A PostgreSQL database whose tables are empty before each test."""

    async def schema(self) -> object:
        """Return how many relations there are, and sums of what they consist of."""
        query = (
            "SELECT count(*), sum(oid::int8), sum(relnatts + relchecks) FROM pg_class"
        )
        async with self.autocommit.connect() as connection:
            return (await connection.execute(text(query))).one()

    async def delete_rows(self, tables: list[str]) -> None:
        """Delete all rows of `tables`, whose names are quoted for SQL.

        One statement, so that foreign keys are checked when all rows are gone and
        neither order nor cycles matter. Sequences go on counting.
        """
        deletions = ", ".join(
            f"deletion_{number} AS (DELETE FROM {table})"
            for number, table in enumerate(tables)
        )
        async with self.autocommit.connect() as connection:
            await connection.execute(text(f"WITH {deletions} SELECT 1"))
        await self.mark()
