"""Measures an API under load: that of a rendered project, and a bare one."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.request import urlopen

import psycopg
from sqlalchemy import make_url

from tests.matrix import environment
from tests.matrix.projects import Renderer

from .measuring import SUBJECTS, run
from .plan import CHANGE, CREATE, FIRST, MIDDLE, ONE, Sizes, Task, request
from .results import BARE, FAILED, RENDERED, SERVED, Case

WRK = "wrk"
MISSING = f"the part `load` needs {WRK}: install Debian's package of that name"
ALEMBIC = ("-m", "alembic", "upgrade", "head")
CONNECTIONS = 64
# One that waits longer counts as failed. SQLite gives up waiting for a lock after 5 s.
LONGEST = 5
# The modules with the models and the application.
MODULES = {
    RENDERED: ("task_tracker.models", "task_tracker.api.main"),
    BARE: ("bare_api", "bare_api"),
}


@dataclass(frozen=True)
class Operation:
    """What is asked, in turns of so many seconds: few, as a machine's speed changes.

    Each `{number}` is a random one, up to how many tasks there are, and `{middle}` is
    half of that. `bare` is the path of the bare application, if it has another one.
    """

    method: str
    path: str
    body: str = ""
    bare: str = ""
    turns: tuple[int, ...] = (1, 1, 1, 1)


LONG = (LONGEST + 3,)  # in which a request may wait for a lock
NEW = '{"title": "A task", "project_id": 1, "created_by_id": 1}'
CHANGED = '{"title": "Task {number}"}'
OPERATIONS = {
    FIRST: Operation("GET", "/tasks"),
    # The bare one counts them all from the start, which takes a while.
    MIDDLE: Operation(
        "GET", "/tasks?after={middle}", bare="/tasks?offset={middle}", turns=(4, 4)
    ),
    ONE: Operation("GET", "/tasks/{number}"),
    CREATE: Operation("POST", "/tasks", NEW, turns=LONG),
    CHANGE: Operation("PATCH", "/tasks/{number}", CHANGED, turns=LONG),
}


class Load:
    """The two applications, on databases of their own; `server` is PostgreSQL's."""

    def __init__(
        self, render: Renderer, folder: Path, server: Path, sizes: Sizes
    ) -> None:
        self._render = render
        self._folder = folder
        self._server = server
        self._sizes = sizes
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
            self._check_same_answers(urls)
            for name in MODULES:
                self._ask(name, urls[name], OPERATIONS[ONE], 1)  # opens connections
            for title, operation in OPERATIONS.items():
                rates: dict[str, list[float]] = {name: [] for name in MODULES}
                failures = dict.fromkeys(MODULES, 0)
                for seconds in operation.turns[: self._sizes.longest]:
                    for name in self._order:
                        time.sleep(0.5)  # until the last one's are answered
                        rate, failed = self._ask(name, urls[name], operation, seconds)
                        rates[name].append(rate)
                        failures[name] += failed
                    self._order.reverse()
                subject = request(title, task.workers)
                for name in MODULES:
                    served = Case(SERVED + name, subject, task.backend)
                    found[served] = statistics.mean(rates[name])
                    found[replace(served, measure=FAILED + name)] = failures[name]
        return found

    @contextmanager
    def _serve(self, name: str, backend: str, workers: int) -> Iterator[str]:
        """Serve an application for the block, on a new database; yield its URL."""
        models, application = MODULES[name]
        database = self._database(name, backend)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        # Both write a line for each request, as they do by default.
        command = [environment.program("uvicorn"), f"{application}:app"]
        command += [f"--port={port}", f"--workers={workers}"]
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
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # its workers too
            server.wait()

    def _database(self, name: str, backend: str) -> str:
        """Make a database with the rows to start from; return its URL."""
        models, _ = MODULES[name]
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
        variables = {"DATABASE_URL": url, **self._variables}
        if name == RENDERED:
            run(self._project, sys.executable, *ALEMBIC, **variables)
        rows = str(self._sizes.rows)
        seed = (sys.executable, SUBJECTS / "seed.py", models, seeded, rows)
        run(self._project, *seed, **variables)
        return url

    def _check_same_answers(self, urls: Mapping[str, str]) -> None:
        """Raise `ValueError` unless the pages have the same tasks and fields."""
        for operation in (OPERATIONS[FIRST], OPERATIONS[MIDDLE]):
            pages = []
            for name, url in urls.items():
                with urlopen(url + self._path(name, operation)) as response:
                    tasks = json.load(response)
                pages.append([(sorted(task), task["title"]) for task in tasks])
            if not pages[0] or pages.count(pages[0]) != len(pages):
                msg = f"the applications answer differently: {pages}"
                raise ValueError(msg)

    def _path(self, name: str, operation: Operation) -> str:
        path = (name == BARE and operation.bare) or operation.path
        return path.replace("{middle}", str(self._sizes.rows // 2))

    def _ask(
        self, name: str, url: str, operation: Operation, seconds: int
    ) -> tuple[float, int]:
        """Return the requests that succeed in a second, and how many fail in all."""
        seconds = min(seconds, self._sizes.longest)
        command = [WRK, "--threads=1", f"--connections={CONNECTIONS}"]
        command += [f"--duration={seconds}s", f"--timeout={LONGEST}s"]
        command += ["--script=load.lua", url, "--", str(self._sizes.rows)]
        command += [operation.method, self._path(name, operation), operation.body]
        output, _ = run(SUBJECTS, *command)
        found = json.loads(output.splitlines()[-1])
        failed = found["failed"]
        return (found["requests"] - failed) / found["microseconds"] * 1e6, failed
