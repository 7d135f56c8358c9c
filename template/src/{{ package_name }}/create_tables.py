"""Creates the tables in the database at `DATABASE_URL`, where they are missing."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from .database import connect
from .models import Base


async def create_tables(engine: AsyncEngine) -> None:
    """Create the tables of all models, except those that exist already.

    Tables that exist are not changed: that takes migrations.
    """
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def main() -> None:
    """Connect, and create the tables."""
    async with connect() as engine:
        await create_tables(engine)


if __name__ == "__main__":
    asyncio.run(main())
