"""Creates the tables in the database at `DATABASE_URL`, where they are missing."""

import asyncio

from .database import connect, create_tables


async def main() -> None:
    """Connect, and create the tables."""
    async with connect() as engine:
        await create_tables(engine)


if __name__ == "__main__":
    asyncio.run(main())
