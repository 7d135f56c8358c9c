# fmt: off; isort: skip_file
"""Isolation by rollback on PostgreSQL, and by a copy where commits are real."""

from .postgresql import PostgreSQL
from .postgresql_rows import NEXT, Rows
from .postgresql_transactions import Transactions

# How many transactions since `first` were committed, and the number of the next.
COMMITS = (
    "count(*) FILTER (WHERE pg_xact_status(n::text::xid8) = 'committed'), "
    f"{NEXT} FROM given, generate_series(first, {NEXT} - 1) AS n"
)


class Changes:
    """Changes of `database`: none, unless something was really committed."""

    def __init__(self, database: PostgreSQL) -> None:
        self._database, self._rows = database, Rows(database)
        self.transactions = Transactions()

    async def mark(self) -> None:
        """Note that the database is as prepared."""
        self._next = await self._rows.mark()

    async def undo(self, problems: list[str]) -> bool:
        """Undo what was committed; return whether anything had been."""
        since = self._next
        committed, self._next = await self._database.look(COMMITS, problems, since)
        # Other workers commit on the same server: look into this database, too.
        differs = bool(committed) and await self._rows.differ()
        if differs:
            await self._database.copy()
            await self.mark()
        return differs
