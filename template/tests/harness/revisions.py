# fmt: off; isort: skip_file
"""The tables that the application's own migrations make."""

import asyncio
import warnings
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from .other_databases import BypassWarning

ROOT = Path(__file__).parents[1]
NO_TABLE = "The tests have the tables that the migrations make: is one missing?"


def takes_connection(config: Config) -> bool:
    """Return whether `env.py` uses a connection that it is given.

    See "Sharing a Connection" in Alembic's documentation.
    """
    environment = Path(ScriptDirectory.from_config(config).dir) / "env.py"
    return "attributes" in environment.read_text()


def create_schema(connection: Connection) -> None:
    """Run all migrations: on this connection, or on one that `env.py` makes."""
    application = import_module(".application", __package__)  # after the guard
    config = Config(ROOT / getattr(application, "ALEMBIC_CONFIG", "alembic.ini"))
    url = connection.engine.url.render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["connection"] = connection
    if takes_connection(config):
        command.upgrade(config, "heads")
        return
    connection.rollback()  # it may have begun to read
    # An `env.py` that runs an event loop needs a thread without one. Where it connects
    # to is looked at as everywhere in tests.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BypassWarning)
        await_only(asyncio.to_thread(command.upgrade, config, "heads"))
