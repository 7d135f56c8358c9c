"""Snapshots of a PostgreSQL database, with template databases."""

from .postgresql import PostgreSQLDatabase

TEMPLATE = "_template"


class PostgreSQLSnapshots(PostgreSQLDatabase):
    """A PostgreSQL database that can be put back to what it was."""

    roles = ("", TEMPLATE)

    async def save(self) -> None:
        """Remember the database as it is now."""
        template = self.url_for(TEMPLATE)
        await self.engine.dispose()
        await self.drop(template)
        await self.execute(
            f'ALTER DATABASE "{self.url.database}" RENAME TO "{template.database}"'
        )
        await self.restore()

    async def restore(self) -> None:
        """Put the database back to what it was when it was saved."""
        await self.make_from(str(self.url_for(TEMPLATE).database))
