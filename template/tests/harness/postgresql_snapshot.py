# fmt: off; isort: skip_file
"""Isolation by snapshot on PostgreSQL: after a test that has written, a copy."""

from .postgresql import PostgreSQL

# It moves with every transaction that has changed anything on the server.
POSITION = "pg_current_wal_insert_lsn()"


class Changes:
    """Changes of `database`, or of another one on its server."""

    def __init__(self, database: PostgreSQL) -> None:
        self._database = database

    async def mark(self) -> None:
        """Note that the database is as prepared."""
        [self._position] = await self._database.look(POSITION, [])

    async def are_none(self, problems: list[str]) -> bool:
        """Return whether nothing was written; end sessions that are left."""
        [position] = await self._database.look(POSITION, problems)
        return bool(self._position == position)

    async def undo(self, problems: list[str]) -> bool:
        """Undo what was committed; return whether anything had been."""
        if await self.are_none(problems):
            return False
        await self._database.copy()
        await self.mark()
        return True
