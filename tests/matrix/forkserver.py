"""Forks processes that run pytest, with everything that takes long already imported.

Run as a script, by the interpreter of the environment that the projects share:
`forkserver.py SOCKET INTERPRETER`. It serves until its standard input closes. A
client sends one JSON object (`arguments`, `directory`, `variables`, `report`) with
its three standard streams, and gets the exit status back.

It imports no module of this repository, because the projects have packages of the
same names, and no plugin of pytest, because pytest must rewrite their assertions.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

PRELOADED = (
    *("_pytest.pytester", "aiosqlite", "asyncpg", "coverage", "dotenv", "execnet"),
    *("psycopg", "psycopg_binary", "pydantic_settings", "pytest", "sqlmodel"),
    *("sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.sqlite"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.ext.asyncio"),
    *("sqlalchemy.dialects.postgresql.psycopg", "sqlmodel.ext.asyncio.session"),
    *("coverage.cmdline", "importlib.metadata", "xml.etree.ElementTree"),
)


def main(address: str, interpreter: str) -> int:
    """Serve until standard input closes; in a forked child, run its job."""
    for name in PRELOADED:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    parent = os.getpid()
    print("ready", flush=True)
    while True:
        job = _next_job(server, parent)
        if job is None:
            return 0
        if os.getpid() != parent:
            server.close()
            return _run(job, interpreter)


def _next_job(server: socket.socket, parent: int) -> dict[str, Any] | None:
    import select

    readable, _, _ = select.select([server, sys.stdin], [], [])
    if sys.stdin in readable:
        return None
    client, _ = server.accept()
    if os.fork():
        client.close()
        return {}
    # From here on in a child, which waits for the grandchild that does the job.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    job, streams = _receive(client)
    child = os.fork()
    if child == 0:
        client.close()
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return job
    client.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _receive(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    streams = array.array("i")
    data, ancillary, _, _ = client.recvmsg(1 << 16, socket.CMSG_LEN(3 * 4))
    for _, _, bytes_ in ancillary:
        streams.frombytes(bytes_)
    while not data.endswith(b"\n"):
        data += client.recv(1 << 16)
    return json.loads(data), list(streams)


def _run(job: dict[str, Any], interpreter: str) -> int:
    os.environ.clear()
    os.environ.update(job["variables"])
    os.chdir(job["directory"])
    sys.argv = ["pytest", *job["arguments"]]
    sys.executable = interpreter
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [str(Path(folder).resolve()) for folder in folders if folder]
    if job["report"] is None:  # somebody's `python -m pytest`
        sys.path.insert(0, job["directory"])
    importlib.invalidate_caches()

    import pytest

    outcomes = _Outcomes()
    status = int(pytest.main(job["arguments"], plugins=[outcomes]))
    if job["report"] is not None:
        with open(job["report"], "w") as report:
            json.dump(outcomes.by_test, report)
    # What is left is what an ordinary interpreter would have to wait for at its end.
    left = [t.name for t in threading.enumerate() if not t.daemon]
    if len(left) > 1:
        print(f"threads left behind: {left[1:]}", file=sys.stderr)
        return status or 1
    return status


class _Outcomes:
    """A plugin that notes what became of each test."""

    def __init__(self) -> None:
        self.by_test: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the outcome; of several phases the worst one counts."""
        known = self.by_test.get(report.nodeid)
        if known is None or known == "passed":
            self.by_test[report.nodeid] = report.outcome


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
