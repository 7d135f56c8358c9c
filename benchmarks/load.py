"""Measures an API under load: that of a rendered project, and a bare one."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from urllib.request import urlopen

import psycopg
from sqlalchemy import make_url

from tests.matrix import environment
from tests.matrix.projects import Renderer

from .measuring import SUBJECTS, run
from .plan import Task, request
from .results import BARE, FAILED, RENDERED, SERVED, Case

WRK = "wrk"
MISSING = f"the part `load` needs {WRK}: install Debian's package of that name"
CONNECTIONS = 64
# One that waits longer counts as failed. SQLite gives up waiting for a lock after 5 s.
LONGEST = 5
# The seconds of each turn: few, because the speed of a machine changes, but more than a
# request that waits for a lock may take.
TURNS = {"GET": [1] * 4, "POST": [8]}
# The modules with the models and the application.
MODULES = {
    RENDERED: ("task_tracker.models", "task_tracker.api.main"),
    BARE: ("bare_api", "bare_api"),
}


class Load:
    """The two applications, on databases of their own; `server` is PostgreSQL's."""

    def __init__(self, render: Renderer, folder: Path, server: Path) -> None:
        self._render = render
        self._folder = folder
        self._server = server
        self._order = [RENDERED, BARE]
        self._variables = {"PYTHONPATH": f"src{os.pathsep}{SUBJECTS}"}

    @cached_property
    def _project(self) -> Path:
        project = self._render(api="fastapi", backend="sqlite-and-postgresql")
        self._folder.mkdir()
        return project.copy(self._folder / "project").root

    def measure(self, task: Task) -> dict[Case, float]:
        """Return the requests per second of both, and how many requests failed.

        Both run all the time, and are asked in turns, each first in every other one.
        """
        found: dict[Case, float] = {}
        with ExitStack() as stack:
            urls = {
                name: stack.enter_context(self._serve(name, task.backend, task.workers))
                for name in MODULES
            }
            _check_same_answers(*urls.values())
            for url in urls.values():
                _ask("GET", url, 1)  # it opens connections
            for method, turns in TURNS.items():
                rates: dict[str, list[float]] = {name: [] for name in MODULES}
                failures = dict.fromkeys(MODULES, 0)
                for seconds in turns:
                    for name in self._order:
                        time.sleep(0.5)  # until the last one's are answered
                        rate, failed = _ask(method, urls[name], seconds)
                        rates[name].append(rate)
                        failures[name] += failed
                    self._order.reverse()
                subject = request(method, task.workers)
                for name in MODULES:
                    served = Case(SERVED + name, subject, task.backend)
                    found[served] = statistics.mean(rates[name])
                    found[replace(served, measure=FAILED + name)] = failures[name]
        return found

    @contextmanager
    def _serve(self, name: str, backend: str, workers: int) -> Iterator[str]:
        """Serve an application for the block, on a new database; yield its URL."""
        models, application = MODULES[name]
        database = self._database(models, backend)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        # Without a line for each request, which costs more than what is compared.
        command = [environment.program("uvicorn"), f"{application}:app"]
        command += ["--no-access-log", f"--port={port}", f"--workers={workers}"]
        log = self._folder / f"{models}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                command,
                cwd=self._project,
                env=environment.variables(DATABASE_URL=database, **self._variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + 60
            while log.read_text().count("Application startup complete.") < workers:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text())
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/tasks"
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # its workers too
            server.wait()

    def _database(self, models: str, backend: str) -> str:
        """Make a database with the rows to start from; return its URL."""
        if backend == "postgresql":
            with psycopg.connect(
                f"user=postgres host={self._server}", autocommit=True
            ) as connection:
                drop = f'DROP DATABASE IF EXISTS "{models}" WITH (FORCE)'
                connection.execute(drop.encode())
                connection.execute(f'CREATE DATABASE "{models}"'.encode())
            url = f"postgresql+asyncpg://postgres@/{models}?host={self._server}"
            synchronous = "postgresql+psycopg"
        else:
            file = self._folder / f"{models}.db"
            for old in self._folder.glob(f"{file.name}*"):
                old.unlink()
            url, synchronous = f"sqlite+aiosqlite:///{file}", "sqlite"
        seeded = make_url(url).set(drivername=synchronous).render_as_string()
        seed = (sys.executable, SUBJECTS / "seed.py", models, seeded)
        run(self._project, *seed, DATABASE_URL=url, **self._variables)
        return url


def _check_same_answers(*urls: str) -> None:
    """Raise `ValueError` unless the first pages have the same tasks and fields."""
    pages = []
    for url in urls:
        with urlopen(url) as response:
            tasks = json.load(response)
        pages.append([(sorted(task), task["title"]) for task in tasks])
    if pages.count(pages[0]) != len(pages):
        msg = f"the applications answer differently: {pages}"
        raise ValueError(msg)


def _ask(method: str, url: str, seconds: int) -> tuple[float, int]:
    """Return the requests that succeed in a second, and how many fail in all."""
    command = [WRK, "--threads=1", f"--connections={CONNECTIONS}"]
    command += [f"--duration={seconds}s", f"--timeout={LONGEST}s", "--script=load.lua"]
    output, _ = run(SUBJECTS, *command, url, "--", method)
    found = json.loads(output.splitlines()[-1])
    failed = found["failed"]
    return (found["requests"] - failed) / found["microseconds"] * 1e6, failed
