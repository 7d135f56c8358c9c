# fmt: off; isort: skip_file
"""Alembic's commands, on a connection of the tests."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from .database import Database

NO_TABLE = (
    "The tests have the tables that the migrations make. For a new model: "
    "uv run alembic revision --autogenerate -m 'Add ...'"
)
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

Schema = dict[tuple[str, str], str]  # by table, and what there is of it
Migrated = Callable[[str], Awaitable[None]]


def config_for(connection: Connection | None) -> Config:
    """Return the configuration with which a command uses `connection`, and is silent.

    See "Sharing a Connection" in Alembic's documentation.
    """
    attributes = {"connection": connection}
    return Config(toml_file=PYPROJECT, stdout=StringIO(), attributes=attributes)


def create_schema(connection: Connection) -> None:
    """Run all migrations that have not been run."""
    command.upgrade(config_for(connection), "heads")


def go_to(connection: Connection, revision: str) -> None:
    """Run migrations, or undo them, until `revision` is the last one that was run."""
    config = config_for(connection)
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_heads()
    done = {each.revision for each in script.iterate_revisions(current, "base")}
    found = script.get_revision(revision)
    is_done = found is None or found.revision in done
    (command.downgrade if is_done else command.upgrade)(config, revision)


class History:
    """All migrations, in an order in which they can be run, one by one."""

    def __init__(self, connection: Connection) -> None:
        self._config = config_for(connection)
        self._script = ScriptDirectory.from_config(self._config)
        self.revisions = [*self._script.walk_revisions()][::-1]

    def upgrade(self, revision: Script) -> None:
        """Run a migration; those that it follows have been run."""
        self._run(MigrationStep.upgrade_from_script, revision)

    def downgrade(self, revision: Script) -> None:
        """Undo a migration; none that follows it has been run."""
        self._run(MigrationStep.downgrade_from_script, revision)

    def _run(self, make_step: Callable[..., Any], revision: Script) -> None:
        step = make_step(self._script.revision_map, revision)
        with EnvironmentContext(self._config, self._script, fn=lambda *_: [step]):
            self._script.run_env()


def describe(connection: Connection) -> Schema:
    """Return what the database says of its schema."""
    schema: Schema = _module(connection).describe(connection)
    return schema


def differences_from_models(connection: Connection) -> list[str]:
    """Return in what the models' tables are different from what they would make.

    What only the database has belongs to a model's table, or it is no matter of theirs.
    """
    from .application import metadata  # late: the guard comes before it

    made = describe(connection)
    try:
        modelled = _module(connection).describe_models(connection, metadata)
    finally:
        connection.rollback()
    tables = {table for table, _ in modelled} - {""}
    ours = {
        key: value
        for key, value in made.items()
        if key in modelled or (key[0] in tables and not key[1].startswith("trigger"))
    }
    return differences(ours, modelled, ("the migrations make", "the models"))


def differences(one: Schema, other: Schema, where: tuple[str, str]) -> list[str]:
    """Return in words what is different in two schemas; `where` says whose they are."""
    return [
        f"{' '.join(key).strip()}: {where[0]} {one.get(key) or 'nothing'}, "
        f"{where[1]} {other.get(key) or 'nothing'}"
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    ]


def _module(connection: Connection) -> Any:
    return import_module(f".schema_{connection.dialect.name}", __package__)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> None:
    """Let tests of migrations commit, as migrations do."""
    if "migrated" in item.fixturenames:
        item.add_marker("real_commits")


@pytest.fixture
async def migrated(database: Database, engine: AsyncEngine) -> Migrated:
    """Takes the database, which is empty at first, to a revision: `migrated("0001")`.

    It runs the migrations, or undoes them. Rows are written and read with plain SQL,
    since the models belong to the last revision only.
    """
    await database.clear()

    async def migrated(revision: str) -> None:
        async with engine.connect() as connection:
            await connection.run_sync(go_to, revision)
        await engine.dispose()  # connections may know plans for the tables of before

    return migrated
