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

from .matrix.machines import copy_of_the_wheel, ordinary_user, small_folders
from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest
from .matrix.runs import DisturbedRun, finish
from .scenarios import add_scenario

# What the tests run on.
KINDS: dict[str, dict[str, Value]] = {
    "sqlite-memory": {"backend": "sqlite-memory"},
    "sqlite-file": {"backend": "sqlite-file", "isolation": "snapshot"},
    "postgresql": {"backend": "postgresql"},
    "psycopg": {"backend": "postgresql", "postgres_driver": "psycopg"},
    "own-server": {"backend": "postgresql", "postgres_driver": "psycopg"},
    "both": {"backend": "sqlite-and-postgresql"},
}
SPECIAL = "Ünï cödé 日本 #1 100% 'x'"
FAILED, INTERRUPTED, REFUSED = 1, 2, 4
SUITE = "tests/harness/test_isolation.py"

Disturb = Callable[..., DisturbedRun]


@pytest.fixture
def disturb(
    request: pytest.FixtureRequest, render: Renderer, tmp_path: Path
) -> Iterator[Disturb]:
    """Prepares runs that can be disturbed: `disturb("sqlite-file")`."""
    made = []

    def disturb(kind: str, name: str = "run") -> DisturbedRun:
        port = request.getfixturevalue("server") if kind == "own-server" else None
        made.append(DisturbedRun(render(**KINDS[kind]), tmp_path / name, port))
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


# What is killed, by a part of its command line.
PARTS = {
    "worker": "sqlite-file 2, postgresql 2, own-server 2",
    "rmtree": "sqlite-file 0",
    "keeper.py": "postgresql 0",
}


@pytest.mark.parametrize(("part", "kind", "workers"), cases(PARTS))
def test_part_of_a_run_is_killed(
    disturb: Disturb, part: str, kind: str, workers: int
) -> None:
    run = disturb(kind)
    process, paused = run.pause(workers)
    victims = paused[:1] if part == "worker" else [*run.processes(part)]
    assert victims
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    run.go_on()
    status, output = finish(process)

    assert status == (FAILED if part == "worker" else 0), output
    assert ("crashed while running" in output) == (part == "worker")
    run.check_nothing_is_left(databases=part == "worker")
    run.check_next_run(workers)


SERVER = {"SIGKILL": "postgresql 0, psycopg 2", "SIGQUIT": "psycopg 0"}


@pytest.mark.parametrize(("name", "kind", "workers"), cases(SERVER))
def test_server_stops_in_the_middle_of_a_run(
    disturb: Disturb, name: str, kind: str, workers: int
) -> None:
    run = disturb(kind)
    process, _ = run.pause(workers, SUITE)
    [directory] = run.servers()
    about = (directory / "data" / "postmaster.pid").read_text().split()
    os.kill(int(about[0]), signal.Signals[name])
    run.go_on()
    status, output = finish(process)

    assert status in {FAILED, INTERRUPTED}
    assert "PostgreSQL has stopped in the middle of the run" in output
    run.check_nothing_is_left()
    # Only Linux shows what System V shared memory there is, and whose it is.
    segments = Path("/proc/sysvipc/shm").read_text().splitlines()
    assert about[-2] not in [line.split()[1] for line in segments]
    run.check_next_run()


@pytest.mark.parametrize(
    ("kind", "times"), [("sqlite-memory", 2), ("sqlite-file", 1), ("postgresql", 1)]
)
def test_runs_at_once_do_not_meet(disturb: Disturb, kind: str, times: int) -> None:
    # Neither those of one project nor those of two that have the same package. They
    # share TMPDIR, where pytest deletes all but three folders when a run ends.
    run, other = disturb(kind), disturb(kind, "other")
    process, _ = run.pause(0)
    other.go_on()
    for root in [run.project.root, other.project.root] * times:
        arguments = [SUITE, "tests/test_paused.py"]
        variables = run.variables(NOTES=other.notes)
        meanwhile = run_pytest(root, arguments, **variables)
        assert meanwhile.status == 0, meanwhile.output
    run.go_on()
    status, output = finish(process)

    assert status == 0, output
    run.check_nothing_is_left()
    other.check_nothing_is_left()


@pytest.mark.parametrize("workers", [0, 2])
def test_second_run_on_a_database_of_the_users_is_refused(
    disturb: Disturb, workers: int
) -> None:
    run = disturb("own-server")
    process, _ = run.pause(workers)
    status, output = run.run("-n", str(workers), SUITE)
    assert status == (INTERRUPTED if workers else REFUSED)
    assert "another test run is using" in output
    assert " passed" not in output
    run.go_on()
    status, output = finish(process)

    assert status == 0, output
    run.check_nothing_is_left()
    run.check_next_run(workers)


@pytest.mark.parametrize(
    ("kind", "sizes", "status", "message"),
    [
        ("sqlite-file", "1m 2500k", FAILED, "database or disk is full"),
        ("sqlite-file", "600m 100m", FAILED, "database or disk is full"),
        ("postgresql", "1m 2500k", REFUSED, "PostgreSQL did not start"),
        ("postgresql", "600m 100m", FAILED, "No space left on device"),
    ],
)
def test_disk_is_full_or_becomes_full(
    disturb: Disturb, kind: str, sizes: str, status: int, message: str
) -> None:
    run = disturb(kind)
    test, folders = add_scenario(run.project, "full"), small_folders(*sizes.split())
    ended, output = run.run(test, SUITE, wrapper=folders, TMPDIR="/dev/shm/tmp")
    (run.project.root / test).unlink()

    assert ended == status, output
    assert message in output
    assert "INTERNALERROR" not in output
    assert "left: " not in output
    run.check_nothing_is_left()
    run.check_next_run()


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    """A folder that everybody can reach, with the wheel that has PostgreSQL.

    Whether a program may be run does not depend on the right to read everything.
    """
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        copy_of_the_wheel(Path(name))
        yield Path(name)


USERS = {"somebody": "sqlite-file 0, postgresql 2", "root": "postgresql 0"}


@pytest.mark.parametrize(("user", "kind", "workers"), cases(USERS))
def test_root_and_others_may_run_the_tests_in_a_folder_that_is_read_only(
    disturb: Disturb, wheel: Path, user: str, kind: str, workers: int
) -> None:
    if user == "root" and os.geteuid() != 0:
        pytest.skip("root does not run these tests")
    run, wrapper = disturb(kind), []
    root = run.project.root
    if user == "somebody":
        for path in [root, *root.rglob("*")]:
            path.chmod(0o555)
        wrapper = ordinary_user(run.temporary, run.notes)
        touched = subprocess.run([*wrapper, "touch", root / "x"], check=False)
        assert touched.returncode
    paths = f"{run.variables()['PYTHONPATH']}{os.pathsep}{wheel}"
    own = {"HOME": str(run.temporary), "PYTHONPATH": paths}
    status, output = run.run("-n", str(workers), SUITE, wrapper=wrapper, **own)

    assert status == 0, output
    assert (root / ".pytest_cache").exists() == (user == "root")
    run.check_nothing_is_left()


@pytest.mark.parametrize("kind", ["sqlite-memory", "sqlite-file", "postgresql"])
def test_paths_have_spaces_and_letters_beyond_ascii(
    disturb: Disturb, kind: str
) -> None:
    disturb(kind, SPECIAL).check_next_run()


@pytest.mark.parametrize("kind", ["postgresql", "psycopg"])
@pytest.mark.parametrize("name", [SPECIAL, 80 * "x"])
def test_path_of_a_socket_is_special_or_too_long(
    disturb: Disturb, kind: str, name: str
) -> None:
    run = disturb(kind)
    folder, disk = f"/dev/shm/{name}", small_folders("1m", "600m")
    status, output = run.run(SUITE, wrapper=disk, TMPDIR=folder)

    if name == SPECIAL:
        assert status == 0, output
        assert run.servers()[0].is_relative_to(folder)
    else:
        assert status == REFUSED
        assert "PostgreSQL did not start" in output
        assert "too long" in output
        assert "Traceback" not in output
    assert "left: " not in output
    run.check_nothing_is_left()


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("sqlite-memory", "-n 2 --dist loadscope"),
        ("sqlite-file", "-n 2 --dist worksteal --randomly-seed 1"),
        ("postgresql", "-n 2 --dist worksteal --randomly-seed 2"),
        ("psycopg", "-n 2"),
        ("own-server", "-p no:cacheprovider"),
        ("both", "--database all --randomly-seed 3"),
    ],
)
def test_suite_runs_in_any_order_and_side_by_side(
    disturb: Disturb, kind: str, arguments: str
) -> None:
    run = disturb(kind)
    run.go_on()
    is_random = "randomly" in arguments
    variables = run.variables(**({"PYTEST_ADDOPTS": ""} if is_random else {}))
    done = run_pytest(run.project.root, arguments.split(), **variables)

    assert done.status == 0, done.output
    assert ("--randomly-seed=" in done.output) == is_random
    run.check_nothing_is_left()
