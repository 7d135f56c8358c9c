# fmt: off; isort: skip_file
"""Counting PostgreSQL's rows, to learn whether tables are as they were."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, event
from sqlalchemy.exc import ProgrammingError

from .postgresql import PostgreSQL
from .postgresql_admin import OURS, verbatim
from .queries import is_plain

NEXT = "pg_snapshot_xmax(pg_current_snapshot())::text::int8"  # transaction's number
TABLES = f"SELECT oid::regclass::text {OURS} AND relkind = 'r'"


class Rows:
    """The rows of `database`: how many there are, and how many are newer than `mark`.

    `may_differ` tells that a statement since may have changed what no count shows.
    """

    def __init__(self, database: PostgreSQL) -> None:
        self._engine, self.may_differ = database.engine, False
        event.listen(self._engine.sync_engine, "before_cursor_execute", self._note_sql)

    def _note_sql(self, _: object, __: object, statement: str, *___: object) -> None:
        self.may_differ |= not is_plain(statement)

    async def tables(self) -> list[str]:
        """Return the names of all tables, as they are written in SQL."""
        return [name for (name,) in await self.query(TABLES)]

    async def mark(self, tables: list[str], besides: str = "") -> int:
        """Note what is in tables; return the number of the next transaction."""
        [(first,)] = await self.query(f"SELECT {NEXT}")
        is_new = f"age(xmin) <= age('{first % 2**32}'::xid)"
        count = f"SELECT count(*) AS n, count(*) FILTER (WHERE {is_new}) AS new FROM"
        counts = " UNION ALL ".join(f"{count} {table}" for table in tables)
        self._query = f"SELECT sum(n), sum(new){besides} FROM ({counts}) AS counts"
        self._marked = await self._count()
        self.may_differ = False
        return int(first)

    async def differ(self) -> bool:
        """Return whether there are others than at `mark`."""
        return await self._count() != self._marked

    async def _count(self) -> Sequence[Row[Any]]:
        with suppress(ProgrammingError):  # a table has gone
            return await self.query(self._query)
        return []

    async def query(self, sql: str) -> Sequence[Row[Any]]:
        """Return what a query asks for."""
        statement = verbatim(sql)
        async with self._engine.connect() as connection:
            return (await connection.execute(statement)).all()
