"""Real runs of a project's tests that can be disturbed, and what is left of them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from ..scenarios import add_scenario
from . import environment
from .projects import Project
from .runner import run_pytest

DEADLINE = 60.0  # seconds, for what takes a moment
ADMIN = "postgresql://postgres@127.0.0.1:{port}/postgres"  # a user's server

# Loaded into every run: notes where the run's own PostgreSQL server is.
NOTE_SERVER = """
import os, pathlib

def pytest_sessionstart():
    directory = os.environ.get("TEST_POSTGRESQL_DIRECTORY")
    if directory:
        note = pathlib.Path(os.environ["NOTES"], f"server-{os.getpid()}")
        note.write_text(directory)
"""


class DisturbedRun:
    """Runs of a copy of a project, in the new folder `folder`, with their own TMPDIR.

    With `port`, that of a user's server, the tests get a database there; otherwise
    they run on what they start.
    """

    def __init__(self, project: Project, folder: Path, port: int | None = None) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.project = project.copy(folder / "project")
        self.temporary = folder / "tmp"
        self.notes = folder / "notes"
        self.temporary.mkdir()
        self.notes.mkdir()
        (self.notes / "note_server.py").write_text(NOTE_SERVER)
        add_scenario(self.project, "paused")
        self._port = port
        self._name = re.sub(r"\W", "_", folder.parent.name)[-32:]
        self._files = self._files_now()

    def variables(self, **own: str | Path) -> dict[str, str | Path]:
        """Return what a run has in its environment, besides the usual."""
        ours: dict[str, str | Path] = {
            "NOTES": self.notes,
            "PYTEST_PLUGINS": "note_server",
            "PYTHONPATH": f"src{os.pathsep}{self.notes}",
            "TMPDIR": self.temporary,
        }
        if self._port is not None:
            address = f"postgresql://postgres@127.0.0.1:{self._port}"
            ours["TEST_DATABASE_URL"] = f"{address}/{self._name}_test"
        return ours | own

    def start(
        self, *arguments: str, wrapper: Sequence[str] = (), **own: str | Path
    ) -> "subprocess.Popen[str]":
        """Start pytest in a process group of its own, as a terminal does."""
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            # A shell has that for jobs in the background, and the run would inherit it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            [*wrapper, environment.program("pytest"), *arguments],
            cwd=self.project.root,
            env=environment.variables(**self.variables(**own)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(
        self, *arguments: str, wrapper: Sequence[str] = (), **own: str | Path
    ) -> tuple[int, str]:
        """Run pytest and return its exit status and what it printed."""
        return finish(self.start(*arguments, wrapper=wrapper, **own))

    def pause(
        self, workers: int, *others: str
    ) -> tuple["subprocess.Popen[str]", list[int]]:
        """Start a run and wait until every worker is in the middle of a test.

        Returns the run and the processes that are in tests.
        """
        run = self.start("-n", str(workers), "tests/test_paused.py", *others)
        wait_until(
            lambda: len(self._paused()) == max(workers, 1) or run.poll() is not None
        )
        assert run.poll() is None, finish(run)[1]
        return run, self._paused()

    def go_on(self) -> None:
        """Let tests that are paused go on, and those to come pass at once."""
        (self.notes / "go").touch()

    def servers(self) -> list[Path]:
        """Return the directories of the PostgreSQL servers that runs have started."""
        notes = self.notes.glob("server-*")
        return [Path(directory) for directory in {n.read_text() for n in notes}]

    def processes(self, text: str = "") -> dict[int, str]:
        """Return the runs' processes, with `text` in their command line, and that."""
        marks = [str(self.folder), *map(str, self.servers())]
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                about = [
                    (folder / name).read_bytes() for name in ("cmdline", "environ")
                ]
                cwd = str((folder / "cwd").readlink())
            except OSError:  # it has just ended, or is another user's
                continue
            command, environ = (
                part.replace(b"\0", b" ").decode(errors="replace") for part in about
            )
            if text in command and any(m in f"{command}{environ}{cwd}" for m in marks):
                found[int(folder.name)] = command
        return found

    def check_nothing_is_left(self, *, databases: bool = False) -> None:
        """Fail if anything of the runs is left; databases may be if `databases`."""
        wait_until(lambda: not self._left(), self._left)
        if not databases:
            wait_until(lambda: not self._databases(), self._databases)

    def check_next_run(self, workers: int = 0) -> None:
        """Fail unless the next run of the project is green, and leaves nothing.

        On the user's server it has `workers`, and finds the databases of others.
        """
        self.go_on()
        number = "0" if self._port is None else str(workers)
        arguments = ["-n", number, "tests/harness/test_isolation.py"]
        run = run_pytest(self.project.root, arguments, **self.variables())
        assert run.status == 0, run.output
        self.check_nothing_is_left()

    def stop(self) -> None:
        """Remove what is left, so that a test that failed leaves nothing either."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for directory in self.servers():
            shutil.rmtree(directory, ignore_errors=True)

    def _left(self) -> list[str]:
        """Return what the runs have left, besides databases, in words."""
        left = [f"process {number}: {c}" for number, c in self.processes().items()]
        left += [f"directory {path}" for path in self.servers() if path.exists()]
        files = (path.name for path in self.temporary.iterdir())
        left += [f"in TMPDIR: {n}" for n in files if not n.startswith("pytest-of-")]
        return left + [f"file {path}" for path in self._files_now() - self._files]

    def _databases(self) -> set[str]:
        return databases_like(self._port, self._name) if self._port else set()

    def _paused(self) -> list[int]:
        return [int(n.name.partition("-")[2]) for n in self.notes.glob("paused-*")]

    def _files_now(self) -> set[Path]:
        made_by_pytest = {"__pycache__", ".pytest_cache"}
        return {p for p in self.project.files() if not made_by_pytest & set(p.parts)}


def finish(run: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a run to end; return its exit status and what it printed."""
    try:
        output, _ = run.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        output, _ = run.communicate()
        raise AssertionError(f"the run did not end:\n{output}") from None
    return run.returncode, output


def wait_until(
    condition: Callable[[], object], what: Callable[[], object] = lambda: ""
) -> None:
    """Wait until a condition holds; fail, with `what`, if it does not in time."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"it did not happen in time: {what()}"
        time.sleep(0.02)


def databases_like(port: int, prefix: str) -> list[str]:
    """Return the names of all databases on a server that start with `prefix`."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    with psycopg.connect(ADMIN.format(port=port)) as connection:
        return [str(name) for (name,) in connection.execute(query, [prefix])]


def plain_user(port: int, name: str, right: str = "CREATEDB") -> str:
    """Make a user who has no more than this right; return a URL for tests."""
    with psycopg.connect(ADMIN.format(port=port)) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN {right}")
    return f"postgresql://{name}@127.0.0.1:{port}/{name}_test"
