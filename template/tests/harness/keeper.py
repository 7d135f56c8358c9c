"""Runs a PostgreSQL server until its standard input closes, then deletes its files.

A script for a child process, on the standard library alone. However the tests end,
the pipe to it closes.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTINGS = {
    # The data is thrown away, so nothing has to survive a crash.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    # In the directory, with everything else that has to be deleted.
    "dynamic_shared_memory_type": "mmap",
    # Connections come through a socket in a directory that only we can enter.
    "listen_addresses": "",
}


def keep(directory: Path, programs: Path) -> None:
    """Run a server in `directory` until standard input closes, then remove both."""
    server = _start_server(directory, programs)
    sys.stdin.buffer.read()
    server.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
    server.wait()
    _free_shared_memory(directory / "data" / "postmaster.pid")
    shutil.rmtree(directory, ignore_errors=True)


def _start_server(directory: Path, programs: Path) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"cwd": directory, "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and another user may not be able to
        # reach the programs where they are.
        programs = _copy_programs(programs, directory)
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = directory / "data"
    initdb = [str(programs / "initdb"), f"--pgdata={data}", "--username=postgres"]
    initdb += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
    # The same on every system, whatever locales that one has.
    initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    settings = SETTINGS | {"unix_socket_directories": str(directory)}
    initdb += [f"--set={name}={value}" for name, value in settings.items()]
    if subprocess.run(initdb, check=False, **options).returncode != 0:
        sys.exit(1)  # its messages are in the log
    server = subprocess.Popen([programs / "postgres", "-D", data], **options)
    while not _accepts_connections(data / "postmaster.pid"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.01)
            sys.exit(1)
    (directory / "ready").touch()
    return server


def _free_shared_memory(status: Path) -> None:
    if status.exists():  # the server was killed: otherwise it removes both
        ctypes.CDLL(None).shmctl(int(status.read_text().split()[-2]), 0, None)


def _accepts_connections(status: Path) -> bool:
    # The last line of postmaster.pid is the server's state.
    return status.exists() and status.read_text().rstrip().endswith("ready")


def _copy_programs(programs: Path, directory: Path) -> Path:
    installation, package = programs.parent, programs.parent.parent
    copy = directory / "programs" / package.name / installation.name
    unused = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")
    shutil.copytree(installation, copy, ignore=unused)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, directory / "programs" / libraries.name)
    return copy / programs.name


if __name__ == "__main__":
    keep(Path(os.environ["DIRECTORY"]), Path(os.environ["PROGRAMS"]))
