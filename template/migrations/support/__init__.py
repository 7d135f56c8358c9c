# fmt: off; isort: skip_file
"""What `env.py` is made of.

An update replaces this folder: keep it as it is.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, chdir, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import context
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker

from .rendering import Renderer as Renderer

# Alembic's own, and the one for CHECK constraints, which compares names.
PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]
# What the application sets for its own connections.
LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
IN_ASYNC_CODE = (
    "Alembic was called in a process that is connected already, or in async code: give "
    "it a connection. migrations/support/README.md has the code."
)


def is_compared(
    item: Any, _name: str | None, kind: str, _reflected: bool, _other: object
) -> bool:
    """Leave out what the database does not have, though the models seem to say so.

    That are views, which migrations make with SQL: the tables of `CreateView`, and
    those with `info={"is_view": True}`; and the CHECK of a Boolean, where there are
    booleans.
    """
    if kind == "table":
        return not (item.is_view or item.info.get("is_view"))
    if kind == "check_constraint" and item._create_rule:
        return bool(item._create_rule(context.get_context().impl))
    return True


def run(connection: Connection, options: dict[str, Any]) -> None:
    """Do what the command asks for, as its database needs it done.

    `options` are those of `context.configure()`.
    """
    # Only the databases of the project are there.
    database = import_module(f".{connection.dialect.name}", __name__)
    database.run(connection, options)


@asynccontextmanager
async def connection_of(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Connect to the database; raise `CommandError` if that is impossible."""
    try:
        connection = await engine.connect()
    except Exception as error:
        # A thread of aiosqlite's has yet to tell the loop, which ends now, that it ends.
        for thread in threading.enumerate():
            if thread.name.endswith("(_connection_worker_thread)"):
                await asyncio.to_thread(thread.join)
        # Not chained: the driver's frames hold the password.
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        msg = f"cannot connect to {engine.url}: {cause}. Start the server, create the "
        raise CommandError(f"{msg}database, or correct DATABASE_URL") from None
    try:
        if engine.dialect.name == "postgresql":
            # A migration may take longer than a request.
            for limit in LIMITS:
                await connection.exec_driver_sql(f"RESET {limit}")
            await connection.commit()
        yield connection
    finally:
        await connection.close()


def run_async(
    main: Callable[[], Coroutine[Any, Any, None]],
    session_factory: async_sessionmaker[Any],
) -> None:
    """Run `main`, unless the process has an event loop or connections already."""
    is_connected = session_factory.kw["bind"] is not None
    with suppress(RuntimeError):  # that there is no event loop
        asyncio.get_running_loop()
        is_connected = True
    if is_connected:
        raise CommandError(IN_ASYNC_CODE)
    asyncio.run(main())


@contextmanager
def errors_told() -> Iterator[None]:
    """Tell what Alembic does; on the command line an error is a line, and status 1."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    try:
        with chdir(Path(__file__).parents[2]):  # for .env, and files that URLs name
            yield
    except (CommandError, ValidationError) as error:
        msg = str(error)
        if isinstance(error, ValidationError):
            msg = "; ".join(problem["msg"] for problem in error.errors())
        if context.config.cmd_opts is None:
            raise CommandError(msg) from None
        sys.exit(f"FAILED: {msg}")
