"""Runs programs that are written in Python, without starting Python for each.

To start, and to import what they have in common, takes most of their time. So one
process imports it, and is forked for each program: which is then a process of its own,
with its own folder, variables and output, as if it had been started.
"""

import functools
import gc
import importlib
import importlib.metadata
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from tempfile import TemporaryFile

PROGRAMS = ("alembic", "copier", "mypy", "pytest")
# What projects import, too. No plugins of pytest: it has to import these itself.
SHARED = (
    *("aiosqlite", "asyncpg", "psycopg", "pydantic_settings"),
    *("sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio.session"),
)
PACKET = 1 << 18  # bytes, at most


def run(
    folder: Path, command: list[str], variables: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Do what `subprocess.run` does, for one of the `PROGRAMS`."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        reader, writer = os.pipe()
        try:
            order = json.dumps([str(folder), command, variables]).encode()
            files = [output.fileno(), errors.fileno(), writer]
            socket.send_fds(_server()[0], [order], files)
            os.close(writer)
            program = _number(reader)
            if not select.select([reader], [], [], timeout)[0]:
                os.kill(program, signal.SIGKILL)
                raise subprocess.TimeoutExpired(command, timeout)
            status = _number(reader)
        finally:
            os.close(reader)
        for file in (output, errors):
            file.seek(0)
        printed = [file.read() for file in (output, errors)]
    return subprocess.CompletedProcess(command, status, *printed)


@functools.cache
def _server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start the process that is forked; it ends when this process does."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [sys.executable, __file__, str(its.fileno())],
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
        )
    return ours, process


def _number(reader: int) -> int:
    read = os.read(reader, 4)
    assert read, "the process that is forked has ended"
    return int.from_bytes(read, signed=True)


def serve(orders: socket.socket) -> None:
    """Fork for each order, until whoever sends them has ended."""
    scripts = importlib.metadata.entry_points(group="console_scripts")
    programs = {name: scripts[name].load() for name in PROGRAMS}
    for module in SHARED:
        importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        order, files, *_ = socket.recv_fds(orders, PACKET, 3)
        if not order:
            return
        if not os.fork():
            folder, command, variables = json.loads(order)
            watch(files[2])
            become(Path(folder), command, variables, files)
            sys.exit(programs[Path(command[0]).name]())
        for file in files:
            os.close(file)


def watch(writer: int) -> None:
    """Fork the program, and return in it only; report its number and its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if program := os.fork():
        os.write(writer, program.to_bytes(4, signed=True))
        _, status = os.waitpid(program, 0)
        os.write(writer, os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
        os._exit(0)


def become(
    folder: Path, command: list[str], variables: dict[str, str], files: list[int]
) -> None:
    """Give this process what one would have that the command has started."""
    for number, file in enumerate(files[:2], 1):
        os.dup2(file, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = command
    paths = variables.get("PYTHONPATH", "").split(os.pathsep)
    own = [str(folder / path) for path in paths if path]
    sys.path[:0] = [str(Path(command[0]).parent), *own]


if __name__ == "__main__":
    del sys.path[0]  # where this file is
    serve(socket.socket(fileno=int(sys.argv[1])))
