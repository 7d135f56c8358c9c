"""What the projects' harness says when it cannot start: a sentence, with the fix."""

import re
from pathlib import Path

import psycopg
import pytest

from .matrix.projects import Renderer
from .matrix.runner import Run, run_pytest
from .matrix.runs import ADMIN
from .scenarios import assert_says

UNUSABLE = 4  # pytest's exit status for what it cannot start with
INTERRUPTED = 2  # with workers, what they find out ends the run later
CURE = "name them in TEST_DATABASE_URL, or leave it unset"


@pytest.mark.parametrize("scope", ["fixture", "test"])
@pytest.mark.parametrize(
    ("file", "value", "options"),
    [
        ("pyproject.toml", "", ""),
        ("pyproject.toml", 'LOOP_SCOPE = "function"', "-n 2"),
        ("pytest.ini", "LOOP_SCOPE = Session", ""),
        ("pytest.ini", "", "-n 2"),
        ("pyproject.toml", 'LOOP_SCOPE = "session"', "-o LOOP_SCOPE=module"),
        ("pyproject.toml", 'LOOP_SCOPE = "session"', "-o LOOP_SCOPE=module -n 2"),
    ],
)
def test_wrong_loop_scope_is_named(
    render: Renderer, tmp_path: Path, file: str, value: str, options: str, scope: str
) -> None:
    pytest_config = "pytest-ini" if file == "pytest.ini" else "pyproject"
    project = render(pytest_config=pytest_config).copy(tmp_path / "project")
    name = f"asyncio_default_{scope}_loop_scope"
    value, options = (t.replace("LOOP_SCOPE", name) for t in (value, options))
    text = re.sub(rf"^{name} = .*", value, project.read(file), flags=re.MULTILINE)
    (project.root / file).write_text(text)
    run = run_pytest(project.root, options.split())

    assert run.status == UNUSABLE
    assert_says(run.output, f"set {name} to `session` in pytest's configuration")
    assert run.outcomes == {}


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


def assert_ends_early(run: Run, workers: str, *messages: str) -> None:
    """Fail unless a run without a database ended, with messages, at its first need."""
    assert run.status == (UNUSABLE if workers == "0" else INTERRUPTED), run.output
    assert_says(run.output, *messages)
    # Once in each worker, and not once in each test.
    assert len([one for one in run.outcomes.values() if one != "passed"]) <= 2


@pytest.mark.parametrize(
    ("old", "new", "reason", "workers"),
    [
        ("fsync=off", "no_such_setting=on", "no_such_setting", "0"),
        ("fsync=off", "no_such_setting=on", "no_such_setting", "2"),
        # The server itself does not start, though its files were made.
        ("addresses=", "addresses=192.0.2.1", "not create any TCP/IP sockets", "0"),
    ],
)
def test_log_is_shown_of_a_server_that_does_not_start(
    render: Renderer, tmp_path: Path, old: str, new: str, reason: str, workers: str
) -> None:
    project = render(backend="postgresql").copy(tmp_path / "project")
    keeper = project.root / "tests" / "harness" / "keeper.py"
    keeper.write_text(keeper.read_text().replace(old, new))
    run = run_pytest(project.root, ["-n", workers], TMPDIR=tmp_path)

    message = "PostgreSQL did not start in /"
    cure = "name a server of your own in TEST_DATABASE_URL"
    assert_ends_early(run, workers, message, reason, cure)
    [directory] = set(re.findall(rf"{message[:-1]}(/.+?): ", run.output))
    assert not Path(directory).exists()


# With workers nothing depends on the driver.
@pytest.mark.parametrize(
    ("driver", "workers"), [("asyncpg", "0"), ("psycopg", "0"), ("asyncpg", "2")]
)
@pytest.mark.parametrize(
    ("role", "oldest", "problem", "need"),
    [
        ("humble", 15, "the user may not create databases", "a user who may create"),
        # Old servers are hard to come by, so it is the tests that are of the future.
        ("postgres", 99, "the server is PostgreSQL", "need PostgreSQL 99 or newer"),
    ],
)
def test_server_that_is_of_no_use_is_refused(
    render: Renderer,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
    role: str,
    oldest: int,
    problem: str,
    need: str,
) -> None:
    with psycopg.connect(ADMIN.format(port=server)) as connection:
        connection.execute("DROP ROLE IF EXISTS humble; CREATE ROLE humble LOGIN")
    project = render(backend="postgresql", postgres_driver=driver)
    path = project.copy(tmp_path / "project").root / "tests/harness/postgresql.py"
    text = path.read_text()
    path.write_text(text.replace("OLDEST_VERSION = 15", f"OLDEST_VERSION = {oldest}"))
    url = f"postgresql://{role}@127.0.0.1:{server}/useless_test"
    run = run_pytest(tmp_path / "project", ["-n", workers], TEST_DATABASE_URL=url)

    assert_ends_early(run, workers, problem, need, CURE)
