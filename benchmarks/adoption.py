"""Measures the tests of applications that take the harness over, before and after."""

import resource
import shutil
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.matrix import environment
from tests.matrix.postgresql import create_database
from tests.matrix.repositories import commit
from tests.test_adopted import ADOPTED, APPLICATIONS, Repository

from .plan import Task
from .results import AFTER, BEFORE, CPU, PROCESS, Case


class Adoption:
    """Repositories with the applications of `tests/adopted/`, made for each round.

    `template` is a git repository with a version, `server` the port of PostgreSQL's.
    """

    def __init__(self, template: Path, folder: Path, server: int) -> None:
        self._template = template
        self._folder = folder
        self._server = server

    def measure(self, task: Task) -> dict[Case, float]:
        """Return the seconds of a whole run of its tests, by the clock and of CPU."""
        name = task.subject
        backend = APPLICATIONS[name]["backends"][0]
        kind = "postgresql" if backend == "postgresql" else "sqlite"
        shutil.rmtree(self._folder, ignore_errors=True)
        root = self._folder / "repository"
        ignored = shutil.ignore_patterns("after", "__pycache__")
        shutil.copytree(ADOPTED / name, root, ignore=ignored)
        commit(root)
        if kind == "postgresql":
            with psycopg.connect(
                f"postgresql://postgres@127.0.0.1:{self._server}/postgres",
                autocommit=True,
            ) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
            create_database(self._server, name)
        repository = Repository(
            name, root, self._template, self._server, kind, "asyncpg"
        )
        found = _run(repository, name, BEFORE)
        repository.adopt(backend=backend)
        repository.use_fixtures()
        return found | _run(repository, name, AFTER)


def _run(repository: Any, name: str, when: str) -> dict[Case, float]:
    used, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # A process of its own: with PATH none is forked from one that is warm.
    done = repository.pytest(PATH=environment.variables()["PATH"])
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.status:
        raise ValueError(done.output)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {Case(PROCESS, name, when): seconds, Case(CPU, name, when): cpu}
