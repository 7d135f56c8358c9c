"""Alembic's commands, on a connection of the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

NO_TABLE = (
    "The tests have the tables that the migrations make. For a new model: "
    "uv run alembic revision --autogenerate -m 'Add ...'"
)
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def config_for(connection: Connection) -> Config:
    """Return the configuration with which a command uses `connection`.

    See "Sharing a Connection" in Alembic's documentation.
    """
    return Config(toml_file=PYPROJECT, attributes={"connection": connection})


def create_schema(connection: Connection) -> None:
    """Run all migrations that have not been run."""
    command.upgrade(config_for(connection), "heads")
