"""Runs a PostgreSQL server for as long as its standard input is open.

A script for a child process, so it imports nothing but the standard library. When
the tests end, in whatever way, the pipe to it closes, and it stops the server and
deletes its files. If they have written "keep", it first waits for SIGTERM.
"""

import contextlib
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
    # Connections come through a socket in a directory that only we can enter.
    "listen_addresses": "",
}


def keep(directory: Path, programs: Path) -> None:
    """Run a server in `directory` until standard input closes, then remove both."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    directory.mkdir(mode=0o700)
    server = None
    try:
        (directory / "keeper").write_text(str(os.getpid()))
        server = _start_server(directory, programs)
        if sys.stdin.buffer.read() == b"keep":
            signal.pause()
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
            server.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _start_server(directory: Path, programs: Path) -> subprocess.Popen[bytes] | None:
    options: dict[str, Any] = {"cwd": directory}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and another user may not be able to
        # reach the programs where they are.
        programs = _copy_programs(programs, directory)
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = directory / "data"
    with (directory / "log").open("wb") as log:
        options |= {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        initdb = [str(programs / "initdb"), f"--pgdata={data}", "--username=postgres"]
        initdb += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        # The same on every system, whatever locales that one has.
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if subprocess.run(initdb, check=False, **options).returncode != 0:
            (directory / "failed").touch()
            return None
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        settings.append(f"--unix_socket_directories={directory}")
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings], **options
        )
    while not _accepts_connections(data / "postmaster.pid"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.01)
            (directory / "failed").touch()
            return None
    (directory / "ready").touch()
    return server


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
    keep(Path(sys.argv[1]), Path(sys.argv[2]))
