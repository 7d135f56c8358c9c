# fmt: off; isort: skip_file
"""The migrations: what is tested is what is deployed."""

from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .migrations import (
    History,
    Migrated,
    config_for,
    create_schema,
    describe,
    differences,
    differences_from_models,
)


@pytest.fixture
async def connection(
    migrated: Migrated,  # so that the database is empty
    engine: AsyncEngine,
) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection


def current_heads(connection: Connection) -> tuple[str, ...]:
    """Return the revisions that the database is at."""
    return MigrationContext.configure(connection).get_current_heads()


def test_there_is_one_head() -> None:
    heads = ScriptDirectory.from_config(config_for(None)).get_heads()

    assert len(heads) <= 1, "Merge them: uv run alembic merge heads"


@pytest.mark.real_commits
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
    found = await connection.run_sync(differences_from_models)
    assert not found, "\n".join(found)


async def test_database_goes_from_revision_to_revision_and_keeps_its_rows(
    migrated: Migrated, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        assert await connection.run_sync(describe) == {}
        await connection.execute(text("CREATE TABLE kept (id INTEGER)"))
        await connection.execute(text("INSERT INTO kept VALUES (1)"))
        history = await connection.run_sync(History)
    for revision in history.revisions:
        await migrated(revision.revision)

        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT id FROM kept")) == 1
            assert revision.revision in await connection.run_sync(current_heads)


async def test_each_migration_can_be_undone_and_made_again(
    connection: AsyncConnection,
) -> None:
    final = await connection.run_sync(go_up_and_down)
    if final:
        pytest.skip(f"cannot be undone, as they say: {', '.join(final)}")


def go_up_and_down(connection: Connection) -> list[str]:
    """Run each migration, undo it, run it again; return those that cannot be undone."""
    final, history = [], History(connection)
    for revision in history.revisions:
        before = describe(connection)
        history.upgrade(revision)
        after = describe(connection)
        try:
            history.downgrade(revision)
        except NotImplementedError:
            final.append(revision.revision)
            continue
        left = differences(describe(connection), before, ("it leaves", "before was"))
        assert not left, "\n".join([f"{revision} is not undone by downgrade()", *left])
        history.upgrade(revision)
        again = differences(describe(connection), after, ("now it makes", "first"))
        assert not again, "\n".join([f"{revision}, the second time", *again])
    return final
