"""A test that ends while autovacuum, which it has made slow, is in the database."""

import asyncio

from sqlalchemy import text

HERE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


async def test_vacuumed(engine):
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        for statement in (
            "CREATE TABLE vacuumed (a int) WITH (autovacuum_vacuum_threshold = 0, "
            "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, "
            "autovacuum_vacuum_cost_limit = 1)",
            "INSERT INTO vacuumed SELECT generate_series(1, 50000)",
            "DELETE FROM vacuumed",
            "SELECT pg_stat_force_next_flush()",
        ):
            await connection.execute(text(statement))
        # It has no user.
        while not await connection.scalar(text(f"{HERE} AND usesysid IS NULL")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_next(engine):
    async with engine.connect() as connection:
        tables = await connection.scalar(text("SELECT to_regclass('vacuumed')"))
    assert tables is None
