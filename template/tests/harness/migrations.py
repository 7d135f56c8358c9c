"""Alembic's commands, on a connection of the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def config_for(connection: Connection) -> Config:
    """Return the configuration with which a command uses `connection`.

    See "Sharing a Connection" in Alembic's documentation.
    """
    return Config(toml_file=PYPROJECT, attributes={"connection": connection})


def upgrade(connection: Connection) -> None:
    """Run all migrations that have not been run."""
    command.upgrade(config_for(connection), "heads")
