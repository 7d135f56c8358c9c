"""What projects promise of their databases, beyond what their own tests show."""

import itertools
from pathlib import Path

import pytest

from .matrix.facts import BOTH, SINGLE_BACKENDS, STRATEGIES
from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN, plain_user
from .scenarios import add_scenario, assert_says

pytestmark = pytest.mark.one_of("isolation", "options")


def test_transactions_on_sqlite_work_as_on_postgresql(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(backend="sqlite-file").copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "transactions")])

    assert run.status == 0, run.output


@pytest.mark.parametrize(
    ("backend", "options", "outcome"),
    [
        ("sqlite-file", [], "skipped"),
        ("postgresql", [], "passed"),
        (BOTH, [], "skipped"),
        (BOTH, ["--database=postgresql"], "passed"),
        (BOTH, ["--database=all"], "passed"),
    ],
)
def test_marked_test_runs_on_postgresql_only(
    render: Renderer, tmp_path: Path, backend: str, options: list[str], outcome: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "marked"), *options])

    assert list(run.outcomes.values()) == [outcome], run.output


DATABASES: list[dict[str, Value]] = [{"backend": name} for name in SINGLE_BACKENDS]
PSYCOPG: dict[str, Value] = {"backend": "postgresql", "postgres_driver": "psycopg"}


@pytest.mark.parametrize(
    ("database", "isolation"),
    [*itertools.product(DATABASES, STRATEGIES), (PSYCOPG, "rollback")],
    ids=str,
)
def test_next_test_is_clean_whatever_was_left(
    render: Renderer, tmp_path: Path, database: dict[str, Value], isolation: str
) -> None:
    project = render(**database, isolation=isolation).copy(tmp_path / "project")
    tests = [add_scenario(project, "connections")]
    if database["backend"] == "postgresql":
        tests.append(add_scenario(project, "schema"))
    run = run_pytest(project.root, ["-p", "no:randomly", *tests])

    assert run.status == 0, run.output


@pytest.mark.parametrize("database", [*DATABASES, PSYCOPG], ids=str)
def test_transactions_are_kept_apart_under_rollback(
    render: Renderer, tmp_path: Path, database: dict[str, Value]
) -> None:
    project = render(**database).copy(tmp_path / "project")
    path = project.root / "src" / project.package / "database.py"
    text = path.read_text().replace("pool_size=5", "pool_size=1")
    small = "pool_pre_ping=True, pool_size=1, max_overflow=0"
    path.write_text(text.replace("pool_pre_ping=True", small))
    scenarios = ["sessions", "by_hand", "ends", "limits"]
    run = run_pytest(project.root, [add_scenario(project, name) for name in scenarios])

    assert run.status == 0, run.output


@pytest.mark.parametrize("database", [*DATABASES, PSYCOPG], ids=str)
def test_what_rollback_cannot_show_shows_with_real_commits(
    render: Renderer, tmp_path: Path, database: dict[str, Value]
) -> None:
    project = render(**database).copy(tmp_path / "project")
    path = project.root / add_scenario(project, "limits")
    path.write_text(f"{path.read_text()}\n\npytestmark = pytest.mark.real_commits\n")
    options = []
    if database["backend"] == "postgresql":
        options = ["-o", "test_database_lock_timeout=200ms"]
    run = run_pytest(project.root, [*options, str(path)])

    assert "passed" not in run.outcomes.values(), run.output


@pytest.mark.parametrize("isolation", ["rollback", "truncate"])
@pytest.mark.parametrize("database", [*DATABASES, PSYCOPG, {"backend": BOTH}], ids=str)
def test_what_newcomers_and_libraries_do_works_or_is_refused(
    render: Renderer, tmp_path: Path, database: dict[str, Value], isolation: str
) -> None:
    project = render(**database, isolation=isolation).copy(tmp_path / "project")
    tests = add_scenario(project, "newcomer")
    run = run_pytest(project.root, ["-p", "no:randomly", tests])

    assert run.status == 0, run.output


def test_database_that_cannot_be_put_back_is_replaced(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    project = render(backend="postgresql", isolation="snapshot")
    project = project.copy(tmp_path / "project")
    run = run_pytest(
        project.root,
        ["-p", "no:randomly", add_scenario(project, "occupied")],
        ADMIN=ADMIN.format(port=server).rpartition("/")[0],
        TEST_DATABASE_URL=plain_user(server, "occupied"),
    )

    assert [*run.outcomes.values()] == ["failed", "passed", "passed"], run.output
    assert_says(run.output, "could not be put back, so there is a new one", "accessed")
    # The next run finds what could not be removed, and removes it.
    suite = "tests/harness/test_isolation.py"
    url = f"postgresql://occupied@127.0.0.1:{server}/occupied_test"
    run = run_pytest(project.root, [suite], TEST_DATABASE_URL=url)
    assert run.status == 0, run.output
