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
from .environment import FILES
from .projects import Project

DEADLINE = 60.0  # seconds, for what takes a moment
SUITE = "tests/harness/test_isolation.py"
ADMIN = "postgresql://postgres@127.0.0.1:{port}/postgres"  # a user's server

Process = subprocess.Popen[str]


class DisturbedRun:
    """Runs of a copy of a project, in the new folder `folder`, with their own TMPDIR.

    With `port`, that of a user's server, the tests get a database there; otherwise
    they run on what they start.
    """

    def __init__(self, project: Project, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.temporary, self.notes = folder / "tmp", folder / "notes"
        for path in (self.temporary, self.notes):
            path.mkdir(parents=True)
        self.project = project.copy(folder / "project")
        shutil.copy(FILES / "note_server.py", self.notes)
        add_scenario(self.project, "paused")
        self._port = port
        self._name = re.sub(r"\W", "_", folder.parent.name)[-32:]
        address = f"postgresql://postgres@127.0.0.1:{port}"
        self._url = f"{address}/{self._name}_test" if port else ""
        self._files = self._files_now()

    def start(
        self, *arguments: str, wrapper: Sequence[str] = (), **own: str | Path
    ) -> Process:
        """Start pytest in a process group of its own, as a terminal does."""
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            # A shell has that for jobs in the background, and the run would inherit it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        ours: dict[str, str | Path] = {"NOTES": self.notes, "TMPDIR": self.temporary}
        ours["PYTHONPATH"] = f"src{os.pathsep}{self.notes}"
        ours["TEST_DATABASE_URL"] = self._url
        return subprocess.Popen(
            [*wrapper, environment.program("pytest"), "-p", "note_server", *arguments],
            cwd=self.project.root,
            env=environment.variables(**ours | own),
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

    def pause(self, workers: int, *others: str) -> tuple[Process, list[int]]:
        """Start a run and wait until every worker is in the middle of a test.

        Returns the run and the processes that are in tests.
        """
        run = self.start("-n", str(workers), "tests/test_paused.py", *others)
        number = max(workers, 1)
        wait_while(lambda: run.poll() is None and len(self._paused()) < number)
        assert run.poll() is None, finish(run)[1]
        return run, self._paused()

    def go_on(self) -> None:
        """Let tests that are paused go on, and those to come pass at once."""
        (self.notes / "go").touch()

    def servers(self) -> set[Path]:
        """Return the directories of the PostgreSQL servers that runs have started."""
        return {note.readlink() for note in self.notes.glob("server-*")}

    def processes(self, text: str = "") -> dict[int, str]:
        """Return the runs' processes, with `text` in their command line, and that."""
        marks = [str(path) for path in (self.folder, *self.servers())]
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended, or is another user's
                command = (process / "cmdline").read_text(errors="replace")
                environ = (process / "environ").read_text(errors="replace")
                about = f"{command}{environ}{(process / 'cwd').readlink()}"
                if text in command and any(mark in about for mark in marks):
                    found[int(process.name)] = command.replace("\0", " ")
        return found

    def check_nothing_is_left(self, *, databases: bool = False) -> None:
        """Fail if anything of the runs is left; databases may be if `databases`."""
        wait_while(lambda: self._left(databases))

    def check_next_run(self, workers: int = 0) -> None:
        """Fail unless the next run of the project is green, and leaves nothing."""
        self.go_on()
        status, output = self.run("-n", str(workers), SUITE)
        assert status == 0, output
        self.check_nothing_is_left()

    def stop(self) -> None:
        """Remove what is left, so that a test that failed leaves nothing either."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for directory in self.servers():
            shutil.rmtree(directory, ignore_errors=True)

    def _left(self, databases: bool) -> list[str]:
        left = [f"process {number}: {c}" for number, c in self.processes().items()]
        left += [f"directory {path}" for path in self.servers() if path.exists()]
        files = (path.name for path in self.temporary.iterdir())
        left += [f"in TMPDIR: {n}" for n in files if not n.startswith("pytest-of-")]
        if self._port and not databases:
            left += databases_like(self._port, self._name)
        return left + [f"file {path}" for path in self._files_now() - self._files]

    def _paused(self) -> list[int]:
        return [int(n.name.partition("-")[2]) for n in self.notes.glob("paused-*")]

    def _files_now(self) -> set[Path]:
        made_by_pytest = {"__pycache__", ".pytest_cache"}
        return {p for p in self.project.files() if not made_by_pytest & set(p.parts)}


def finish(run: Process) -> tuple[int, str]:
    """Wait for a run to end; return its exit status and what it printed."""
    try:
        output, _ = run.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        output, _ = run.communicate()
        raise AssertionError(f"the run did not end:\n{output}") from None
    return run.returncode, output


def wait_while(left: Callable[[], object]) -> None:
    """Wait while something is left; fail, with that, if it still is in the end."""
    end = time.monotonic() + DEADLINE
    while still := left():
        assert time.monotonic() < end, f"it did not end in time: {still}"
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
