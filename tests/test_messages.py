"""What the projects' harness says when it cannot start: a sentence, with the fix."""

import re
from pathlib import Path

import psycopg
import pytest

from .matrix.machines import copy_of_the_wheel
from .matrix.projects import Renderer
from .matrix.runner import Run, run_pytest
from .scenarios import assert_says

UNUSABLE = 4  # pytest's exit status for what it cannot start with
INTERRUPTED = 2  # with workers, what they find out ends the run later

workers = pytest.mark.parametrize("workers", ["0", "2"])
# With workers nothing depends on the driver.
drivers_and_workers = pytest.mark.parametrize(
    ("driver", "workers"), [("asyncpg", "0"), ("psycopg", "0"), ("asyncpg", "2")]
)


# ---- Settings of pytest ------------------------------------------------------------

SCOPES = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")


@pytest.mark.parametrize(
    ("file", "old", "new", "workers"),
    [
        ("pyproject.toml", '{name} = "session"', "", "0"),
        ("pyproject.toml", '{name} = "session"', '{name} = "function"', "2"),
        ("pytest.ini", "{name} = session", "{name} = Session", "0"),
        ("pytest.ini", "{name} = session", "", "2"),
    ],
)
@pytest.mark.parametrize("name", SCOPES)
def test_wrong_loop_scope_is_named(
    render: Renderer,
    tmp_path: Path,
    file: str,
    name: str,
    old: str,
    new: str,
    workers: str,
) -> None:
    pytest_config = "pytest-ini" if file == "pytest.ini" else "pyproject"
    project = render(pytest_config=pytest_config).copy(tmp_path / "project")
    text = project.read(file)
    assert old.format(name=name) in text
    changed = text.replace(old.format(name=name), new.format(name=name))
    (project.root / file).write_text(changed)
    run = run_pytest(project.root, ["-n", workers])

    assert run.status == UNUSABLE
    assert_says(run.output, f"set {name} to `session` in pytest's configuration")
    assert run.outcomes == {}


@workers
@pytest.mark.parametrize("name", SCOPES)
def test_wrong_loop_scope_on_the_command_line_is_named(
    render: Renderer, tmp_path: Path, name: str, workers: str
) -> None:
    project = render().copy(tmp_path / "project")
    run = run_pytest(project.root, ["-n", workers, "-o", f"{name}=module"])

    assert run.status == UNUSABLE
    assert_says(run.output, f"set {name} to `session`")


def test_wrong_loop_scope_of_a_test_is_named(render: Renderer, tmp_path: Path) -> None:
    project = render().copy(tmp_path / "project")
    (project.root / "tests" / "test_scope.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.asyncio(loop_scope='function')\n"
        "async def test_scope(session): ...\n"
    )
    run = run_pytest(project.root, ["tests/test_scope.py"])

    assert run.status == 1
    assert_says(run.output, "has to keep the loop scope `session`")


# ---- Servers that are of no use -----------------------------------------------------

CURE = "name them in TEST_DATABASE_URL, or leave it unset"


def assert_ends_early(run: Run, workers: str, *messages: str) -> None:
    """Fail unless a run without a database ended, with messages, at its first need."""
    assert run.status == (UNUSABLE if workers == "0" else INTERRUPTED), run.output
    assert_says(run.output, *messages)
    # Once in each worker, and not once in each test.
    assert len([one for one in run.outcomes.values() if one != "passed"]) <= 2


@pytest.mark.parametrize(
    ("damage", "reason", "workers"),
    [
        ("missing", "postgres.bki", "0"),
        ("wrong", "no_such_setting", "0"),
        ("wrong", "no_such_setting", "2"),
    ],
)
def test_log_is_shown_of_a_server_that_does_not_start(
    render: Renderer,
    tmp_path: Path,
    damage: str,
    reason: str,
    workers: str,
) -> None:
    project = render(backend="postgresql").copy(tmp_path / "project")
    (tmp_path / "wheel").mkdir()
    package = copy_of_the_wheel(tmp_path / "wheel")
    share = package / "pginstall" / "share"
    if damage == "missing":
        (share / "postgres.bki").unlink()
    else:
        with (share / "postgresql.conf.sample").open("a") as settings:
            settings.write("no_such_setting = on\n")
    run = run_pytest(
        project.root,
        ["-n", workers],
        PYTHONPATH=f"src:{package.parent}",
        TMPDIR=tmp_path,
    )

    message = "PostgreSQL did not start in /"
    cure = "name a server of your own in TEST_DATABASE_URL"
    assert_ends_early(run, workers, message, reason, cure)
    [directory] = set(re.findall(rf"{message[:-1]}(/.+?): ", run.output))
    assert not Path(directory).exists()


@drivers_and_workers
def test_user_who_may_not_create_databases_is_told_so(
    render: Renderer,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
) -> None:
    role = f"humble_{driver}_{workers}"
    admin = f"postgresql://postgres@127.0.0.1:{server}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    url = f"postgresql://{role}@127.0.0.1:{server}/humble_test"
    run = run_pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)

    message = "the user may not create databases"
    assert_ends_early(run, workers, message, "a user who may create databases", CURE)


@drivers_and_workers
def test_server_that_is_too_old_is_refused(
    render: Renderer,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
) -> None:
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    # Old servers are hard to come by, so it is the tests that are of the future.
    path = project.root / "tests" / "harness" / "postgresql.py"
    text = path.read_text()
    assert "OLDEST_VERSION = 15\n" in text
    path.write_text(text.replace("OLDEST_VERSION = 15\n", "OLDEST_VERSION = 99\n"))
    url = f"postgresql://postgres@127.0.0.1:{server}/old_test"
    run = run_pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)

    message = "The tests need PostgreSQL 99 or newer"
    assert_ends_early(run, workers, "the server is PostgreSQL", message, CURE)
