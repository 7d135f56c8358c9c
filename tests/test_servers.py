"""Servers: one that fails half-way, one with settings of its own, the tests' own."""

import os
import shutil
import sys
from pathlib import Path

import psycopg
import pytest

from .matrix.environment import FILES
from .matrix.facts import DRIVERS, STRATEGIES
from .matrix.postgresql import create_database, pgbouncer
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN, databases_like, plain_user
from .scenarios import Make, assert_says, run_scenario

ISOLATION = ["-q", "tests/harness/test_isolation.py"]
ENDED = "The database could not be put back, so there is a new one now"
REFUSED = "There is no new database: cannot connect to"


@pytest.mark.one_of("isolation")
@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_server_that_ends_connections_fails_tests_only_while_it_takes_no_new_ones(
    make: Make, server: int, driver: str, isolation: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver, isolation=isolation)
    role = f"unsteady_{driver}_{isolation}"
    variables = {"ROLE": role, "ADMIN": ADMIN.format(port=server)}
    variables["TEST_DATABASE_URL"] = plain_user(server, role)
    run = run_scenario(project, "unsteady", "--tb=short", **variables)

    failed = [test for test, outcome in run.outcomes.items() if outcome == "failed"]
    assert [test.rpartition("::")[2] for test in failed] == [
        "test_ended_within",
        "test_right_after_that",
        "test_refused_from_now_on",
        "test_still_refused[first]",
        "test_still_refused[second]",
    ], run.output
    assert run.output.count(ENDED) >= 2
    assert run.output.count(REFUSED) >= 3
    assert len(run.outcomes) == 12
    assert databases_like(server, role) == []


@pytest.mark.one_of("isolation")
@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_server_may_end_what_is_idle_and_be_for_readers_unless_told(
    make: Make, server: int, driver: str, isolation: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver, isolation=isolation)
    role = f"settled_{driver}_{isolation}"
    url = plain_user(server, role)
    with psycopg.connect(ADMIN.format(port=server), autocommit=True) as admin:
        for setting in (
            "idle_session_timeout = '40ms'",
            "idle_in_transaction_session_timeout = '40ms'",
            "transaction_timeout = '50ms'",
            "default_transaction_read_only = on",
        ):
            admin.execute(f"ALTER ROLE {role} SET {setting}")
    run = run_pytest(project.root, ISOLATION, TEST_DATABASE_URL=url)

    assert run.status == 0, run.output


@pytest.mark.parametrize("driver", DRIVERS)
def test_names_of_tls_settings_are_those_of_either_driver(
    make: Make, server: int, driver: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver)
    url = plain_user(server, f"tls_{driver}")
    for setting in ("ssl", "sslmode"):
        own = f"{url}?{setting}=prefer"
        run = run_pytest(project.root, ISOLATION, TEST_DATABASE_URL=own)
        assert run.status == 0, run.output
    own = f"{url}?sslrootcert=/etc/ca.pem&sslmode=disable"
    run = run_pytest(project.root, ISOLATION, TEST_DATABASE_URL=own)
    if driver == "asyncpg":
        assert run.status == pytest.ExitCode.USAGE_ERROR
        assert_says(run.output, "sets sslrootcert, which asyncpg does not take")
    else:
        assert run.status == 0, run.output


def test_database_that_another_user_has_left_is_refused_with_a_sentence(
    make: Make, server: int
) -> None:
    project = make(backend="postgresql")
    url = plain_user(server, "second")
    with psycopg.connect(ADMIN.format(port=server), autocommit=True) as admin:
        admin.execute("CREATE DATABASE second_test")
        run = run_pytest(project.root, ISOLATION, TEST_DATABASE_URL=url)
        admin.execute("DROP DATABASE second_test")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert_says(run.output, "second_test belongs to another user: drop it")


@pytest.mark.one_of("isolation")
@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_policies_and_grants_hold_on_the_tests_own_server(
    make: Make, driver: str, isolation: str
) -> None:
    project = make(backend="postgresql", postgres_driver=driver, isolation=isolation)
    run = run_scenario(project, "policies", "-q")

    failed = [test for test, outcome in run.outcomes.items() if outcome == "failed"]
    assert [test.rpartition("::")[2] for test in failed] == [
        "test_extension_that_only_a_superuser_may_create",
        "test_extension_that_is_not_there",
    ], run.output
    assert_says(run.output, "a user without other rights", "TEST_DATABASE_URL")
    assert_says(run.output, "has only PostgreSQL's own extensions", "TEST_DATABASE_URL")


def test_pooler_in_front_of_the_server_is_refused_with_a_sentence(
    make: Make, server: int, tmp_path: Path
) -> None:
    for driver, mode in zip(DRIVERS, ("session", "transaction"), strict=True):
        project = make(backend="postgresql", postgres_driver=driver)
        with pgbouncer(server, tmp_path, [f"pool_mode = {mode}"]) as port:
            url = f"postgresql://postgres@127.0.0.1:{port}/pooled_{driver}_test"
            run = run_pytest(project.root, ISOLATION, TEST_DATABASE_URL=url)
        assert run.status == pytest.ExitCode.USAGE_ERROR, run.output
        assert_says(run.output, "a pooler, such as PgBouncer", "name the server itself")
        shutil.rmtree(project.root)


def test_connection_is_tried_in_one_trip_before_it_is_used_again(
    make: Make, server: int
) -> None:
    project = make(backend="postgresql", postgres_driver="asyncpg")
    url = create_database(server, "trips")
    done = project.run(sys.executable, FILES / "trips.py", DATABASE_URL=url)

    assert done.stdout.splitlines() == ["SELECT 1", "BEGIN;", "ROLLBACK;"]


def test_what_initdb_makes_is_kept_and_made_anew_where_it_is_broken(
    make: Make, tmp_path: Path
) -> None:
    project = make(backend="postgresql")
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}

    def start() -> tuple[int, int]:
        run = run_pytest(project.root, ["tests/harness/test_queries.py"], **cache)
        assert run.status == 0, run.output
        [kept] = (tmp_path / "cache").glob("*/*")
        return kept.stat().st_ino, kept.stat().st_size

    first = start()
    assert start() == first
    [kept] = (tmp_path / "cache").glob("*/*")
    os.truncate(kept, 100_000)
    _, size = start()
    assert size == first[1]
    shutil.rmtree(kept.parent)
    kept.parent.touch()  # nothing can be kept
    run = run_pytest(project.root, ["tests/harness/test_queries.py"], **cache)
    assert run.status == 0, run.output
