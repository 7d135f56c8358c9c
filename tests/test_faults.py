"""Faults: each leaves nothing running or lying about, and the next run is green.

Runs are started as somebody at a terminal would, and disturbed while a test has a
transaction open.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .matrix.machines import ordinary_user, small_folders, wheel_for_everybody
from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .matrix.runs import SUITE, DisturbedRun, finish
from .scenarios import add_scenario

pytestmark = pytest.mark.one_of("kind", "workers", "status", "arguments")

# What the tests run on: backends, and these.
KINDS: dict[str, dict[str, Value]] = {
    "sqlite-file": {"backend": "sqlite-file", "isolation": "snapshot"},
    "psycopg": {"backend": "postgresql", "postgres_driver": "psycopg"},
    "own-server": {"backend": "postgresql", "postgres_driver": "psycopg"},
}
SPECIAL = "Ünï cödé 日本 #1 100% 'x'"
FAILED, INTERRUPTED, REFUSED = 1, 2, 4

Disturb = Callable[..., DisturbedRun]


@pytest.fixture
def disturb(render: Renderer, tmp_path: Path, server: int) -> Iterator[Disturb]:
    """Prepares runs that can be disturbed: `disturb("sqlite-file")`."""
    made = []

    def disturb(kind: str, name: str | Path = "run") -> DisturbedRun:
        port = server if kind == "own-server" else None
        project = render(**KINDS.get(kind, {"backend": kind}))
        made.append(DisturbedRun(project, tmp_path / name, port))
        return made[-1]

    yield disturb
    for run in made:
        run.stop()


def cases(table: dict[str, str]) -> list[tuple[str, str, int]]:
    """Return what a table says: `{"SIGTERM": "sqlite-file 2"}` has two workers."""
    return [
        (fault, kind, int(workers))
        for fault, kinds in table.items()
        for kind, workers in (case.split() for case in kinds.split(", "))
    ]


SIGNALS = {
    "SIGKILL": "sqlite-memory 0, sqlite-file 0, sqlite-file 2, postgresql 0, "
    "postgresql 2, own-server 0, own-server 2",
    "SIGINT": "sqlite-file 0, postgresql 0, postgresql 2, own-server 2",
    "SIGINT SIGINT": "sqlite-file 0, postgresql 2, own-server 0",
    "SIGTERM": "sqlite-file 2, postgresql 0, own-server 0",
}


@pytest.mark.parametrize(("signals", "kind", "workers"), cases(SIGNALS))
def test_run_is_ended(disturb: Disturb, signals: str, kind: str, workers: int) -> None:
    run = disturb(kind)
    process, _ = run.pause(workers)
    send = os.kill if signals == "SIGKILL" else os.killpg  # as a terminal does
    for name in signals.split():
        send(process.pid, signal.Signals[name])
    status, output = finish(process)

    is_patient = signals == "SIGINT"
    if is_patient:
        assert status == INTERRUPTED, output
        assert "KeyboardInterrupt" in output
    run.check_nothing_is_left(databases=not is_patient)
    run.check_next_run(workers)


# What is ended, by a part of its command line, and what the run says then, if anything.
PARTS = {
    "worker SIGKILL": "sqlite-file 2, postgresql 2, own-server 2",
    "rmtree SIGKILL": "sqlite-file 0",
    "keeper.py SIGKILL": "postgresql 0",
    "bin/postgres SIGKILL": "postgresql 0, psycopg 2",
    "bin/postgres SIGQUIT": "psycopg 0",
}
SAYS = {"worker": "crashed while running", "bin/postgres": "PostgreSQL has stopped"}


@pytest.mark.parametrize(("fault", "kind", "workers"), cases(PARTS))
def test_part_of_a_run_is_ended(
    disturb: Disturb, fault: str, kind: str, workers: int
) -> None:
    part, name = fault.split()
    run = disturb(kind)
    process, paused = run.pause(workers, SUITE)
    victims = paused[:1] if part == "worker" else [*run.processes(part)]
    assert victims
    for victim in victims:
        os.kill(victim, signal.Signals[name])
    run.go_on()
    status, output = finish(process)

    assert (status == 0) == (part not in SAYS), output
    assert SAYS.get(part, " passed") in output
    run.check_nothing_is_left(databases=part == "worker")
    # Only Linux shows what System V shared memory there is, and who made it.
    segments = Path("/proc/sysvipc/shm").read_text().splitlines()
    assert not {line.split()[4] for line in segments} & {*map(str, victims)}
    run.check_next_run(workers)


@pytest.mark.parametrize(
    ("kind", "workers", "status", "message"),
    [
        ("sqlite-memory", 0, 0, " passed"),
        ("sqlite-file", 0, 0, " passed"),
        ("postgresql", 0, 0, " passed"),
        ("own-server", 0, REFUSED, "another test run uses"),
        pytest.param(
            *("own-server", 2, INTERRUPTED, "another test run uses"),
            marks=pytest.mark.every,
        ),
    ],
)
def test_runs_at_once_do_not_meet_and_are_refused_a_database_that_is_in_use(
    disturb: Disturb, kind: str, workers: int, status: int, message: str
) -> None:
    # Neither those of one project nor those of two that have the same package. They
    # share TMPDIR, where pytest deletes all but three folders when a run ends.
    run, other = disturb(kind), disturb(kind, "other")
    process, _ = run.pause(workers)
    other.go_on()
    arguments = ["-n", str(workers), SUITE, "tests/test_paused.py"]
    for one in (run, other, run, other):
        ended, output = one.run(*arguments, NOTES=other.notes, TMPDIR=run.temporary)
        assert ended == status, output
        assert message in output
        assert (" passed" in output) == (status == 0)
    run.go_on()
    ended, output = finish(process)

    assert ended == 0, output
    other.check_nothing_is_left()
    run.check_nothing_is_left()
    run.check_next_run(workers)


@pytest.mark.parametrize(
    ("kind", "sizes", "folder", "status", "message"),
    [
        ("sqlite-file", "1m 2500k", "tmp", FAILED, "database or disk is full"),
        ("sqlite-file", "600m 100m", "tmp", FAILED, "database or disk is full"),
        ("postgresql", "1m 2500k", "tmp", REFUSED, "PostgreSQL did not start"),
        ("postgresql", "600m 100m", "tmp", FAILED, "No space left on device"),
        # The path of a socket is special, or would be too long.
        ("postgresql", "1m 600m", SPECIAL, FAILED, "No space left on device"),
        ("psycopg", "1m 600m", SPECIAL, FAILED, "No space left on device"),
        ("postgresql", "1m 600m", 80 * "x", FAILED, "No space left on device"),
    ],
)
def test_disk_is_full_or_becomes_full_or_has_a_path_that_is_special(
    disturb: Disturb, kind: str, sizes: str, folder: str, status: int, message: str
) -> None:
    run = disturb(kind)
    test, disk = add_scenario(run.project, "full"), small_folders(*sizes.split())
    ended, output = run.run(test, SUITE, wrapper=disk, TMPDIR=f"/dev/shm/{folder}")
    (run.project.root / test).unlink()

    assert ended == status, output
    assert message in output
    assert ("1 failed, " in output) == (status == FAILED)
    assert "INTERNALERROR" not in output
    assert "left: " not in output
    run.check_nothing_is_left()
    run.check_next_run()


@pytest.mark.parametrize(("kind", "workers"), [("sqlite-file", 0), ("postgresql", 2)])
def test_ordinary_user_may_run_the_tests_in_a_folder_that_is_read_only(
    disturb: Disturb, kind: str, workers: int
) -> None:
    with tempfile.TemporaryDirectory() as name, wheel_for_everybody() as wheel:
        # `os.access` does not know of the right to read everything, and each run of
        # pytest closes the folder where `tmp_path` is to other users again.
        Path(name).chmod(0o711)
        run = disturb(kind, Path(name, "run"))
        root = run.project.root
        for path in [root, *root.rglob("*")]:
            path.chmod(0o555)
        user = ordinary_user(run.temporary, run.notes)
        assert subprocess.run([*user, "touch", root / "x"], check=False).returncode
        paths = os.pathsep.join(["src", str(run.notes), wheel])
        own = {"HOME": str(run.temporary), "PYTHONPATH": paths}
        status, output = run.run("-n", str(workers), SUITE, wrapper=user, **own)

        assert status == 0, output
        assert not (root / ".pytest_cache").exists()
        run.check_nothing_is_left()


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("sqlite-memory", "-n 2 --dist loadscope"),
        ("sqlite-file", "-n 2 --dist worksteal"),
        ("postgresql", "-n 2 --dist worksteal"),
        ("psycopg", "-n 2"),
        ("own-server", "-p no:cacheprovider"),
        ("sqlite-and-postgresql", "--database all"),
    ],
)
def test_suite_runs_in_any_order_and_side_by_side_in_a_folder_with_a_special_path(
    disturb: Disturb, kind: str, arguments: str
) -> None:
    run = disturb(kind, SPECIAL)
    run.go_on()
    status, output = run.run(*arguments.split(), PYTEST_ADDOPTS="--randomly-seed=1")

    assert status == 0, output
    assert "--randomly-seed=1" in output
    run.check_nothing_is_left()
