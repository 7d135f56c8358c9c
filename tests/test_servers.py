"""Suites on a PostgreSQL server of the user's."""

import psycopg
import pytest

from .matrix.facts import DRIVERS, STRATEGIES
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN, databases_like, plain_user
from .scenarios import Make, run_scenario


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
