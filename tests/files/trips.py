"""Prints what is sent without parameters while a pool's connection is used again."""

import asyncio
from typing import Any

from sqlalchemy import text

from task_tracker.database import connect


async def main() -> None:
    """Use a connection twice, the second time with a log."""
    async with connect() as engine:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
        with driver.query_logger(lambda sent: print(sent.query)):
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 2"))


asyncio.run(main())
