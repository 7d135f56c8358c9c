# fmt: off; isort: skip_file
"""Isolation by truncation on PostgreSQL: the rows of all tables are deleted."""

import warnings

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine

from . import postgresql_snapshot
from .leaks import BypassWarning
from .postgresql import PostgreSQL
from .postgresql_admin import verbatim
from .postgresql_rows import Rows

# How many relations and large objects there are, and sums of what they consist of.
SCHEMA = (
    ", (SELECT (count(*), sum(oid::int8), sum(relnatts + relchecks), (SELECT count(*) "
    "FROM pg_largeobject_metadata))::text FROM pg_class)"
)
MAY_BECOME_REPLICA = "has_parameter_privilege('session_replication_role', 'SET')"
BECOME_REPLICA = (
    "SELECT set_config('session_replication_role', 'replica', false) "
    f"WHERE {MAY_BECOME_REPLICA}"
)
# Triggers that may write while rows are deleted.
TRIGGERS = (
    "SELECT 1 FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN "
    f"('A', CASE WHEN {MAY_BECOME_REPLICA} THEN 'R' ELSE 'O' END)"
)


class Changes:
    """Changes of `database`: rows, or something that needs a snapshot."""

    def __init__(self, database: PostgreSQL) -> None:
        self._snapshot = postgresql_snapshot.Changes(database)
        self._rows = Rows(database)
        # Its connections play the part of a replica, if they may: no foreign key is
        # checked for them. Otherwise each row would be looked for in all tables that
        # may refer to it, though they are emptied, too.
        self._replica = create_async_engine(database.url, isolation_level="AUTOCOMMIT")
        event.listen(self._replica.sync_engine, "connect", _become_replica)
        database.engines.append(self._replica)

    async def mark(self) -> None:
        """Note that the database is as prepared."""
        kept, deletions = ["pg_namespace"], list[str]()
        for table in await self._rows.tables():
            if await self._rows.query(f"SELECT 1 FROM {table} LIMIT 1"):
                kept.append(table)
            else:
                deletions.append(f"d{len(deletions)} AS (DELETE FROM {table})")
        # One statement: where foreign keys are checked, that is done at its end.
        self._deletion = f"WITH {', '.join(deletions)} SELECT 1" if deletions else ""
        self._has_triggers = bool(await self._rows.query(TRIGGERS))
        await self._rows.mark(kept, SCHEMA)
        await self._snapshot.mark()

    async def undo(self, problems: list[str]) -> bool:
        """Delete the rows that were not there when the database was prepared.

        Sequences go on counting. If that would not undo what a test did, the database
        is put back instead.
        """
        if await self._snapshot.are_none(problems):
            return False
        differs = self._rows.may_differ or await self._rows.differ()
        if self._has_triggers or differs or not self._deletion:
            await self._snapshot.undo(problems)
            self._rows.may_differ = False
            return True
        with warnings.catch_warnings(category=BypassWarning, action="ignore"):
            async with self._replica.connect() as connection:
                await connection.execute(verbatim(self._deletion))
        await self._snapshot.mark()
        return True


def _become_replica(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(BECOME_REPLICA)
    cursor.close()
