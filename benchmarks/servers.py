"""A PostgreSQL server for everything that is measured, with the harness's settings."""

import asyncio
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]


@contextmanager
def postgresql_server(harness: Path, databases: list[str]) -> Iterator[Path]:
    """Run a server for the block, with these databases; yield its socket's directory.

    It is started by the code in `harness`, as in the tests of a project.
    """
    spec = importlib.util.spec_from_file_location("server", harness / "server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.PostgreSQLServer()
    server.start()
    try:
        asyncio.run(_create(server, databases))
        yield server.directory
    finally:
        server.stop()


async def _create(server: Any, databases: list[str]) -> None:
    await server.wait_until_ready()
    directory = server.directory
    connection = await asyncpg.connect(host=str(directory), user="postgres")
    for name in databases:
        await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
