"""Suites on PostgreSQL: on a server of their own, and on one of the user's."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.projects import Project, Renderer
from .matrix.runner import Runner

pytestmark = pytest.mark.remembered

DRIVERS = ("asyncpg", "psycopg")
DEADLINE = 60.0  # seconds, for what takes a moment

# Reports where the server is, and goes on until it is stopped.
ENDLESS = """
import asyncio, json, os, pathlib

async def test_endless(session, database):
    where = {"directory": database.url.query["host"], "process": os.getpid()}
    path = pathlib.Path("started.json")
    path.with_suffix(".new").write_text(json.dumps(where))
    path.with_suffix(".new").rename(path)
    await asyncio.Event().wait()
"""


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail if it does not within the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def processes_naming(text: str) -> list[str]:
    """Return the command lines of running processes in which `text` stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if text in command:
            found.append(command)
    return found


def databases(port: int) -> set[str]:
    """Return the names of all databases on a server."""
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return {str(name) for (name,) in rows}


@pytest.fixture(params=["postgresql", "sqlite-and-postgresql"])
def project(
    request: pytest.FixtureRequest, render: Renderer, tmp_path: Path
) -> Project:
    """A copy of a project that uses PostgreSQL."""
    return render(backend=request.param).copy(tmp_path / "project")


def options(project: Project) -> list[str]:
    """Return the options that make the project's suite run on PostgreSQL."""
    both = project.answers["backend"] == "sqlite-and-postgresql"
    return ["--database", "postgresql"] if both else []


@pytest.fixture
def endless(project: Project) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A run in the middle of a test, and the folder of its server."""
    (project.root / "tests" / "test_endless.py").write_text(ENDLESS)
    run = subprocess.Popen(
        [program("pytest"), *options(project), "tests/test_endless.py"],
        cwd=project.root,
        env=environment.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started = project.root / "started.json"
    wait_until(lambda: started.exists() or run.poll() is not None)
    assert run.poll() is None
    directory = Path(json.loads(started.read_text())["directory"])
    assert directory.exists()
    assert processes_naming(str(directory))
    yield run, directory
    if run.poll() is None:
        run.kill()
    run.wait()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_was_stopped(
    endless: tuple[subprocess.Popen[bytes], Path], how: signal.Signals
) -> None:
    run, directory = endless
    os.kill(run.pid, how)
    run.wait(DEADLINE)

    wait_until(lambda: not directory.exists())
    wait_until(lambda: not processes_naming(str(directory)))


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_nothing_is_left_of_a_run_that_ended(
    render: Renderer, tmp_path: Path, driver: str, workers: str
) -> None:
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    (project.root / "tests" / "test_where.py").write_text(
        "import pathlib\n\n"
        "async def test_where(database):\n"
        "    pathlib.Path('where').write_text(database.url.query['host'])\n"
    )
    project.run(program("pytest"), "-n", workers, TMPDIR=tmp_path)

    directory = project.read("where")
    assert not Path(directory).exists()
    assert processes_naming(directory) == []


@pytest.mark.parametrize("isolation", ["rollback", "truncate"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_server_of_ones_own_serves_run_after_run_and_is_left_as_it_was(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    isolation: str,
) -> None:
    name = f"own_{driver}_{isolation}"
    project = render(
        backend="postgresql", postgres_driver=driver, isolation=isolation
    ).copy(tmp_path / "project")
    url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"

    for workers in ("0", "0", "2"):
        run = runner.pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)
        assert run.status == 0, run.output
        assert " passed" in run.output
        assert not {n for n in databases(server) if n.startswith(name)}


@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file"])
def test_suite_runs_side_by_side_on_sqlite(
    render: Renderer, tmp_path: Path, backend: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = project.run(program("pytest"), "-n", "2", TMPDIR=tmp_path)

    assert " passed" in run.stdout
    assert [path.name for path in tmp_path.iterdir() if "sqlite" in path.name] == []
