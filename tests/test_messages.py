"""What the projects' harness says when it cannot start: a sentence, with the fix."""

import re
from pathlib import Path

import psycopg
import pytest

from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN
from .scenarios import assert_says

pytestmark = pytest.mark.one_of("workers")

UNUSABLE = 4  # pytest's exit status for what it cannot start with
INTERRUPTED = 2  # with workers, what they find out ends the run later


@pytest.mark.parametrize("scope", ["fixture", "test"])
@pytest.mark.parametrize(
    ("file", "value", "options"),
    [
        ("pyproject.toml", "", ""),
        ("pyproject.toml", 'LOOP_SCOPE = "function"', "-n 2"),
        ("pytest.ini", "LOOP_SCOPE = Session", ""),
        ("pytest.ini", "", "-n 2"),
        ("pyproject.toml", 'LOOP_SCOPE = "session"', "-o LOOP_SCOPE=module"),
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


DID_NOT_START = "PostgreSQL did not start in /"


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("file", "old", "new", "role", "reason"),
    [
        ("keeper.py", "fsync=off", "no_such=1", "", "no_such"),
        # The server itself does not start, though its files were made.
        ("keeper.py", "addresses=", "addresses=192.0.2.1", "", "TCP/IP"),
        ("server.py", "", "", "humble", "the user may not create databases"),
        # Old servers are hard to come by, so it is the tests that are of the future.
        (
            "postgresql_admin.py",
            "N = 15",
            "N = 99",
            "postgres",
            "the server is PostgreSQL",
        ),
    ],
)
def test_server_that_is_of_no_use_is_refused_with_the_reason_and_the_fix(
    render: Renderer,
    tmp_path: Path,
    server: int,
    file: str,
    old: str,
    new: str,
    role: str,
    reason: str,
    workers: str,
) -> None:
    project = render(backend="postgresql").copy(tmp_path / "project")
    path = project.root / "tests" / "harness" / file
    path.write_text(path.read_text().replace(old, new))
    with psycopg.connect(ADMIN.format(port=server)) as connection:
        connection.execute("DROP ROLE IF EXISTS humble; CREATE ROLE humble LOGIN")
    url = f"postgresql://{role}@127.0.0.1:{server}/useless_test" if role else ""
    run = run_pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)

    assert run.status == (UNUSABLE if workers == "0" else INTERRUPTED), run.output
    if role:
        assert_says(run.output, reason, "a user who may", "name them in TEST_DATABASE")
    else:
        assert_says(run.output, DID_NOT_START, reason, "name a server of your own in")
    # Once in each worker, and not once in each test.
    assert len([one for one in run.outcomes.values() if one != "passed"]) <= 2
    for directory in re.findall(rf"{DID_NOT_START[:-1]}(/.+?): ", run.output):
        assert not Path(directory).exists()
