"""Emptying the tables of a PostgreSQL database."""

from sqlalchemy import text

from .postgresql import PostgreSQLDatabase


class PostgreSQLTruncation(PostgreSQLDatabase):
    """A PostgreSQL database whose rows can be removed."""

    async def delete_rows(self, tables: list[str]) -> None:
        """Delete all rows of `tables`, whose names are quoted for SQL.

        One statement, so that foreign keys are checked when all rows are gone and
        neither order nor cycles matter. Sequences go on counting.
        """
        if not tables:
            return
        deletions = ", ".join(
            f"deletion_{number} AS (DELETE FROM {table})"
            for number, table in enumerate(tables)
        )
        async with self.engine.begin() as connection:
            await connection.execute(text(f"WITH {deletions} SELECT 1"))
