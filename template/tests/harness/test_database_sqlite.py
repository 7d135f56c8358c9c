"""The application's engine on a SQLite file, as in production."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .application import create_engine

INSERT = "INSERT INTO entry DEFAULT VALUES"


@pytest.fixture
async def production(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine of the application's, with an empty table."""
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'app.db'}")
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, parent_id INTEGER "
            "REFERENCES entry (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    yield engine
    await engine.dispose()


async def count(connection: AsyncConnection) -> int:
    """Return the number of entries that the connection sees."""
    result = await connection.execute(text("SELECT count(*) FROM entry"))
    return int(result.scalar_one())


async def test_readers_and_a_writer_do_not_wait_for_each_other(
    production: AsyncEngine,
) -> None:
    async with production.connect() as first, production.connect() as second:
        assert await count(first) == 0
        await second.exec_driver_sql("WITH n AS (SELECT 1) SELECT * FROM n")
        async with production.begin() as writer:
            await writer.exec_driver_sql(INSERT)
            assert await count(first) == 0

        assert await count(first) == await count(second) == 1


async def test_tasks_that_read_and_then_write_all_succeed(
    production: AsyncEngine,
) -> None:
    all_have_read = asyncio.Barrier(8)

    async def read_and_write() -> None:
        async with production.begin() as connection:
            await count(connection)
            await all_have_read.wait()
            await connection.exec_driver_sql(INSERT)

    await asyncio.gather(*[read_and_write() for _ in range(8)])

    async with production.connect() as connection:
        assert await count(connection) == 8


async def test_writer_that_gives_up_waiting_raises_an_error_of_sqlalchemy(
    production: AsyncEngine,
) -> None:
    async with production.begin() as writer, production.connect() as connection:
        await writer.exec_driver_sql(INSERT)
        await connection.exec_driver_sql("PRAGMA busy_timeout=0")

        with pytest.raises(OperationalError, match="locked"):
            await connection.exec_driver_sql(INSERT)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE entry",
        f"-- SELECT\n{INSERT}",
        "WITH n(i) AS (SELECT 1) INSERT INTO entry (id) SELECT i FROM n",
    ],
    ids=["drop", "comment", "with"],
)
async def test_rollback_undoes_whatever_was_written(
    production: AsyncEngine, statement: str
) -> None:
    async with production.connect() as connection:
        await connection.exec_driver_sql(statement)
        await connection.rollback()

        assert await count(connection) == 0


async def test_rollback_undoes_a_savepoint_that_was_released(
    production: AsyncEngine,
) -> None:
    async with production.connect() as connection:
        async with connection.begin_nested():
            await connection.exec_driver_sql(INSERT)
        await connection.rollback()

        assert await count(connection) == 0


async def test_commit_that_breaks_a_foreign_key_fails_and_is_rolled_back(
    production: AsyncEngine,
) -> None:
    async with production.connect() as connection:
        await connection.exec_driver_sql("INSERT INTO entry VALUES (1, 2)")
        with pytest.raises(IntegrityError):
            await connection.commit()
        async with production.begin() as writer:
            await writer.exec_driver_sql(INSERT)
        await connection.rollback()

        assert await count(connection) == 1


async def test_vacuum_runs_under_autocommit(production: AsyncEngine) -> None:
    async with production.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("VACUUM")
    # The same connection, from the pool, has transactions again.
    async with production.connect() as connection:
        await connection.exec_driver_sql(INSERT)
        await connection.rollback()
        assert await count(connection) == 0
