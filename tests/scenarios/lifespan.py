"""Migrations that the application runs itself, when it starts."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from task_tracker.database import connect

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def upgrade(connection: Connection) -> None:
    config = Config(toml_file=PYPROJECT, attributes={"connection": connection})
    command.upgrade(config, "head")


@pytest.mark.real_commits
async def test_connection_of_async_code_can_be_migrated(session):
    for _ in range(2):
        async with connect() as engine, engine.connect() as connection:
            await connection.run_sync(upgrade)
        await session.execute(text("DELETE FROM task"))
        await session.commit()


async def test_command_in_async_code_says_what_to_write(engine):
    config = Config(toml_file=PYPROJECT)
    with pytest.raises(CommandError, match="give it a connection"):
        command.upgrade(config, "head")
    with pytest.raises(CommandError, match="give it a connection"):
        await asyncio.to_thread(command.upgrade, config, "head")
