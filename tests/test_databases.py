"""What projects promise of their databases, beyond what their own tests show."""

import itertools
import shutil

import psycopg
import pytest

from .matrix.environment import FILES
from .matrix.facts import BOTH, DRIVERS, SINGLE_BACKENDS, STRATEGIES
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN, databases_like, plain_user
from .scenarios import Make, add_scenario, assert_says, run_scenario

DATABASES: list[dict[str, Value]] = [{"backend": name} for name in SINGLE_BACKENDS]
PSYCOPG: dict[str, Value] = {"backend": "postgresql", "postgres_driver": "psycopg"}
TWO: dict[str, Value] = {"backend": BOTH}

pytestmark = pytest.mark.one_of("isolation", "options")


def test_transactions_on_sqlite_work_as_on_postgresql(make: Make) -> None:
    run = run_scenario(make(backend="sqlite-file"), "transactions")

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
    make: Make, backend: str, options: list[str], outcome: str
) -> None:
    run = run_scenario(make(backend=backend), "marked", *options)

    assert list(run.outcomes.values()) == [outcome], run.output


@pytest.mark.parametrize(
    ("database", "isolation"),
    [
        *itertools.product(DATABASES, STRATEGIES),
        *itertools.product([PSYCOPG, TWO], ["rollback", "truncate"]),
    ],
    ids=str,
)
def test_next_test_is_clean_whatever_was_left(
    make: Make, database: dict[str, Value], isolation: str
) -> None:
    project = make(**database, isolation=isolation)
    shutil.copy(FILES / "countries.py", project.root / "migrations" / "versions")
    scenarios = ["connections", "newcomer", "reference", "triggers"]
    run = run_pytest(project.root, [add_scenario(project, name) for name in scenarios])

    assert run.status == 0, run.output


@pytest.mark.parametrize("database", [*DATABASES, PSYCOPG], ids=str)
def test_transactions_are_kept_apart_under_rollback(
    make: Make, database: dict[str, Value]
) -> None:
    project = make(**database)
    path = project.root / "src" / project.package / "database.py"
    text = path.read_text().replace("pool_size=5", "pool_size=1")
    small = "pool_pre_ping=True, pool_size=1, max_overflow=0"
    path.write_text(text.replace("pool_pre_ping=True", small))
    scenarios = ["by_hand", "ends", "limits"]
    scenarios += ["threads"] if "sqlite" in str(database) else []
    run = run_pytest(project.root, [add_scenario(project, name) for name in scenarios])

    assert run.status == 0, run.output


@pytest.mark.one_of("database")
@pytest.mark.parametrize("database", [PSYCOPG, *DATABASES], ids=str)
def test_what_rollback_cannot_show_shows_with_real_commits(
    make: Make, database: dict[str, Value]
) -> None:
    project = make(**database)
    path = project.root / add_scenario(project, "limits")
    path.write_text(f"{path.read_text()}\n\npytestmark = pytest.mark.real_commits\n")
    options = []
    if database["backend"] == "postgresql":
        options = ["-o", "test_database_lock_timeout=200ms"]
    run = run_pytest(project.root, [*options, str(path)])

    assert "passed" not in run.outcomes.values(), run.output


def test_rows_that_triggers_insert_are_undone_for_a_user_without_other_rights(
    make: Make, server: int
) -> None:
    project = make(backend="postgresql", isolation="truncate", example=False)
    url = plain_user(server, "with_triggers")
    run = run_scenario(project, "triggers", TEST_DATABASE_URL=url)

    assert list(run.outcomes.values()) == ["passed"] * 3, run.output


@pytest.mark.parametrize("right", ["", "CREATEDB", "SUPERUSER"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_snapshot_puts_everything_back_and_copies_only_where_it_must(
    make: Make, server: int, driver: str, right: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver, isolation="snapshot")
    variables = {}
    if right:  # of a user on a server of one's own
        url = plain_user(server, f"kinds_{driver}_{right}".lower(), right)
        variables["TEST_DATABASE_URL"] = url
    for name in ("kinds", "hidden"):
        run = run_scenario(project, name, **variables)
        assert run.status == 0, run.output


@pytest.mark.every
def test_database_that_cannot_be_put_back_is_replaced(make: Make, server: int) -> None:
    project = make(backend="postgresql", isolation="snapshot")
    url = plain_user(server, "occupied")
    admin = ADMIN.format(port=server).rpartition("/")[0]
    run = run_scenario(project, "occupied", ADMIN=admin, TEST_DATABASE_URL=url)

    assert [*run.outcomes.values()] == ["failed", "passed", "passed"], run.output
    assert_says(run.output, "could not be put back, so there is a new one", "accessed")
    # The next run finds what could not be removed, and removes it.
    suite = "tests/harness/test_isolation.py"
    run = run_pytest(project.root, [suite], TEST_DATABASE_URL=url)
    assert run.status == 0, run.output


@pytest.mark.parametrize("enforced", ["ON", "OFF"])
@pytest.mark.parametrize("isolation", ["rollback", "truncate"])
def test_only_rows_that_a_test_leaves_dangling_fail_it_and_only_where_keys_count(
    make: Make, isolation: str, enforced: str
) -> None:
    project = make(backend="sqlite-memory", isolation=isolation)
    hook = (FILES / "dangling_hook.py").read_text().replace('"ON"', f'"{enforced}"')
    conftest = project.root / "tests" / "conftest.py"
    conftest.write_text(conftest.read_text() + hook)
    sqlite = project.root / "src" / project.package / "sqlite.py"
    text = sqlite.read_text()
    sqlite.write_text(text.replace("foreign_keys=ON", f"foreign_keys={enforced}"))
    test = project.root / "tests" / "test_dangling.py"
    shutil.copy(FILES / "dangling_rows.py", test)
    run = run_pytest(project.root, [str(test)])

    assert [*run.outcomes.values()] == ["passed", "passed"], run.output


# ---- A PostgreSQL server of the user's ---------------------------------------------


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_server_of_ones_own_serves_run_after_run_and_is_left_as_it_was(
    make: Make, server: int, driver: str, isolation: str
) -> None:
    name = f"own_{driver}_{isolation}"
    rights = {"asyncpg": "CREATEDB", "psycopg": "SUPERUSER"}
    url = plain_user(server, name, rights[driver])
    project = make(backend="postgresql", postgres_driver=driver, isolation=isolation)

    for workers in ("0", "2"):
        run = run_pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)
        assert run.status == 0, run.output
        assert not databases_like(server, name)


def test_autovacuum_at_work_does_not_keep_a_database_from_being_put_back(
    make: Make, server: int
) -> None:
    url = plain_user(server, "vacuumed")
    project = make(backend="postgresql", isolation="snapshot")

    with psycopg.connect(ADMIN.format(port=server), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET autovacuum_naptime = 1")
        admin.execute("SELECT pg_reload_conf()")
        run = run_scenario(project, "vacuumed", TEST_DATABASE_URL=url)
        admin.execute("ALTER SYSTEM RESET autovacuum_naptime")
        admin.execute("SELECT pg_reload_conf()")

    assert run.status == 0, run.output
    assert not databases_like(server, "vacuumed")
