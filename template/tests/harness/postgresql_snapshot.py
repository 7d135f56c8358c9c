# fmt: off; isort: skip_file
"""Isolation by snapshot on PostgreSQL: new rows are deleted, or all is a copy."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from .other_databases import OWN
from .postgresql import PostgreSQL
from .postgresql_admin import OURS
from .postgresql_rows import NEXT, SCHEMA, SETTINGS, TABLES, Rows, counts, is_new

MAY_BECOME_REPLICA = "has_parameter_privilege('session_replication_role', 'SET')"
# Its connection plays the part of a replica, if it may: no foreign key is checked for
# it. Otherwise each row would be looked for in all tables that may refer to it, though
# they are emptied, too. Policies that hide rows are an error.
SET_UP = (
    f"SELECT set_config('row_security', 'off', false), CASE WHEN {MAY_BECOME_REPLICA} "
    "THEN set_config('session_replication_role', 'replica', false) END"
)
# Triggers and rules that may write while rows are deleted, large objects, whose bytes
# only a superuser may read, and sequences of which a session takes numbers in advance.
DOUBTS = (
    "SELECT 1 FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 8 > 0 AND tgenabled "
    f"IN ('A', CASE WHEN {MAY_BECOME_REPLICA} THEN 'R' ELSE 'O' END) "
    "UNION ALL SELECT 1 FROM pg_rewrite WHERE ev_type = '4' "
    "UNION ALL SELECT 1 FROM pg_largeobject_metadata "
    "UNION ALL SELECT 1 FROM pg_sequence WHERE seqcache > 1 AND {}"
)
SEQUENCES = f"SELECT oid, oid::regclass::text {OURS} AND relkind = 'S'"


class Changes:
    """Changes of `database`: rows that are deleted, or something that needs a copy."""

    has_sequences = True  # they are put back, too

    def __init__(self, database: PostgreSQL) -> None:
        self._database = database
        self._engine = create_async_engine(database.url, isolation_level="AUTOCOMMIT")
        OWN.add(self._engine.dialect)
        event.listen(self._engine.sync_engine, "connect", self._set_up)
        database.engines.append(self._engine)

    async def mark(self) -> None:
        """Note that the database is as prepared."""
        self._state: Sequence[Any] | None = None
        with suppress(ProgrammingError):  # the user may not see, or empty, every table
            if await self._may_plan():
                self._state = await self._put_back()
        [self._position] = await self._database.look(NEXT, [])

    async def undo(self, problems: list[str]) -> bool:
        """Undo what was committed; return whether anything may have been.

        What cannot be undone by deleting rows needs a copy of the whole database.
        """
        ended = self._database.ended
        [position] = await self._database.look(NEXT, problems)
        if position == self._position and not ended and not problems:
            return False
        with suppress(Exception):  # something that it needs has changed
            if self._state and await self._put_back() == self._state:
                return True
        await self._database.copy()
        [self._position] = await self._database.look(NEXT, [])
        return True

    async def _may_plan(self) -> bool:
        query = Rows(self._database).query
        [(first,)] = await query(f"SELECT {NEXT}")
        if await query(DOUBTS.format(self.has_sequences)):
            return False
        rows = [name for (name,) in await query(SCHEMA)]
        numbers, deletions = ["(NULL, 1, true)"], ["nothing AS (SELECT)"]
        for name, size in await query(TABLES):
            new = f"{name} WHERE {is_new(first)}" if size else name
            deletions.append(f"d{len(deletions)} AS (DELETE FROM {new})")
            if size:
                rows.append(f"{name} WHERE NOT {is_new(first)}")
        for oid, name in await query(SEQUENCES) if self.has_sequences else []:
            [values] = await query(f"SELECT last_value, is_called FROM {name}")
            numbers.append(str((oid, *values)))
        # One statement: where foreign keys are checked, that is done at its end.
        self._plan = f"WITH {', '.join(deletions)} " + counts(
            rows,
            first,
            f"{SETTINGS}, (SELECT count(setval(s, n, c)) FROM (VALUES "
            f"{', '.join(numbers)}) AS v (s, n, c)), pg_current_xact_id()::text::int8",
        )
        return True

    async def _put_back(self) -> Sequence[Any]:
        async with self._engine.connect() as connection:
            result = await connection.exec_driver_sql("EXECUTE put_back")
            state = list(result.one())
        self._position = state.pop() + 1
        return state

    def _set_up(self, connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(SET_UP)
        cursor.execute(f"PREPARE put_back AS {self._plan}")
        cursor.close()
