# fmt: off; isort: skip_file
"""Counting PostgreSQL's rows, to learn whether tables are as they were."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import ProgrammingError

from .postgresql import PostgreSQL
from .postgresql_admin import OURS, verbatim

NEXT = "pg_snapshot_xmax(pg_current_snapshot())::text::int8"  # transaction's number
TABLES = f"SELECT oid::regclass::text, pg_relation_size(oid) {OURS} AND relkind = 'r'"
# The system's tables, but for what is PostgreSQL's own, and materialized views.
SCHEMA = (
    "SELECT format('%s WHERE %s >= 16384', attrelid::regclass, attname) FROM pg_class "
    "JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = CASE relname WHEN "
    "'pg_depend' THEN 2 ELSE 1 END WHERE relnamespace = 'pg_catalog'::regnamespace AND "
    "relkind = 'r' AND NOT relisshared AND has_table_privilege(attrelid, 'SELECT') AND "
    "relname NOT IN ('pg_namespace', 'pg_statistic', 'pg_statistic_ext_data') "
    f"UNION ALL SELECT oid::regclass::text {OURS} AND relkind = 'm' "
    "UNION ALL SELECT 'pg_namespace'"
)
SETTINGS = (
    ", (SELECT (datdba, datconnlimit, datacl, (SELECT array_agg((setrole, entry)::text "
    "ORDER BY setrole, entry) FROM pg_db_role_setting, unnest(setconfig) AS entry "
    "WHERE setdatabase = pg_database.oid))::text FROM pg_database "
    "WHERE datname = current_database())"
)


def is_new(first: int) -> str:
    """Return a condition for rows of the transaction `first` and of later ones."""
    return f"age(xmin) <= age('{first % 2**32}'::xid)"


def counts(tables: list[str], first: int, besides: str = "") -> str:
    """Return a query for how many rows there are in tables, and how many are new."""
    rows = " UNION ALL ".join(f"SELECT xmin FROM {table}" for table in tables)
    new = f"count(*) FILTER (WHERE {is_new(first)})"
    return f"SELECT count(*), {new}{besides} FROM ({rows}) AS rows"


class Rows:
    """The schema and the rows of `database`: whether they are as they were."""

    def __init__(self, database: PostgreSQL) -> None:
        self._engine = database.engine

    async def mark(self) -> int:
        """Note what there is; return the number of the next transaction."""
        [(first,)] = await self.query(f"SELECT {NEXT}")
        tables = [*await self.query(SCHEMA), *await self.query(TABLES)]
        self._query = counts([name for name, *_ in tables], first, SETTINGS)
        self._marked = await self._count()
        return int(first)

    async def differ(self) -> bool:
        """Return whether there is something else than at `mark`."""
        return await self._count() != self._marked

    async def _count(self) -> Sequence[Any]:
        with suppress(ProgrammingError):  # a table has gone
            return await self.query(self._query)
        return []

    async def query(self, sql: str) -> Sequence[Any]:
        """Return what a query asks for."""
        statement = verbatim(sql)
        async with self._engine.connect() as connection:
            return (await connection.execute(statement)).all()
