"""Tests of transactions on SQLite, besides those that every project has."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.harness.test_database_sqlite import COUNT, INSERT, production

__all__ = ["production"]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE probe",
        f"-- SELECT\n{INSERT}",
        "WITH n(i) AS (SELECT 1) INSERT INTO probe (name) SELECT i FROM n",
    ],
)
async def test_rollback_undoes_whatever_was_done(production, statement):
    async with production.connect() as connection:
        await connection.execute(text(statement))
        await connection.rollback()
        assert await connection.scalar(COUNT) == 0


async def test_rollback_undoes_a_savepoint_that_was_released(production):
    async with production.connect() as connection:
        async with connection.begin_nested():
            await connection.execute(INSERT)
        await connection.rollback()
        assert await connection.scalar(COUNT) == 0


async def test_savepoint_takes_the_write_lock(production):
    async with production.begin() as writer, production.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=0")
        async with writer.begin_nested():
            await writer.scalar(COUNT)
            with pytest.raises(OperationalError, match="locked"):
                await connection.execute(INSERT)


async def test_vacuum_runs_under_autocommit(production):
    async with production.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("VACUUM")
    # The same connection, from the pool, has transactions again.
    async with production.connect() as connection:
        await connection.execute(INSERT)
        await connection.rollback()
        assert await connection.scalar(COUNT) == 0
