"""The migrations: what is tested is what is deployed."""

from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .database import Database
from .migrations import PYPROJECT, config_for, create_schema

pytestmark = pytest.mark.real_commits


@pytest.fixture
async def connection(
    database: Database, engine: AsyncEngine
) -> AsyncIterator[AsyncConnection]:
    """A connection to the database, which is empty for the test."""
    await database.clear()
    async with engine.connect() as connection:
        yield connection


def tables(connection: Connection) -> set[str]:
    """Return the names of all tables."""
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_head() -> None:
    heads = ScriptDirectory.from_config(Config(toml_file=PYPROJECT)).get_heads()

    assert len(heads) <= 1, "Merge them: uv run alembic merge heads"


async def test_database_of_the_tests_is_made_by_the_migrations(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(
            lambda c: command.current(config_for(c), check_heads=True)
        )


async def test_models_are_what_the_migrations_make(connection: AsyncConnection) -> None:
    await connection.run_sync(create_schema)

    await connection.run_sync(lambda c: command.check(config_for(c)))


async def test_migrations_go_up_and_down_and_up_again(
    connection: AsyncConnection,
) -> None:
    await connection.run_sync(create_schema)
    before = await connection.run_sync(tables)
    try:
        await connection.run_sync(lambda c: command.downgrade(config_for(c), "base"))
    except NotImplementedError:
        pytest.skip("a migration says that it cannot be undone")
    assert await connection.run_sync(tables) == set()

    await connection.run_sync(create_schema)
    assert await connection.run_sync(tables) == before
