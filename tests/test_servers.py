"""Suites on a PostgreSQL server of the user's."""

from pathlib import Path

import psycopg
import pytest

from .matrix.facts import DRIVERS, STRATEGIES
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .matrix.runs import ADMIN, databases_like, plain_user

pytestmark = pytest.mark.one_of("isolation")

# Ends while autovacuum, which it has made slow, is at work in the database.
VACUUMED = """
import asyncio

from sqlalchemy import text

HERE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

async def test_vacuumed(engine):
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        for statement in (
            "CREATE TABLE vacuumed (a int) WITH (autovacuum_vacuum_threshold = 0, "
            "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, "
            "autovacuum_vacuum_cost_limit = 1)",
            "INSERT INTO vacuumed SELECT generate_series(1, 50000)",
            "DELETE FROM vacuumed",
            "SELECT pg_stat_force_next_flush()",
        ):
            await connection.execute(text(statement))
        # It has no user.
        while not await connection.scalar(text(f"{HERE} AND usesysid IS NULL")):
            await asyncio.sleep(0.05)

async def test_next(engine):
    async with engine.connect() as connection:
        tables = await connection.scalar(text("SELECT to_regclass('vacuumed')"))
    assert tables is None
"""


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_server_of_ones_own_serves_run_after_run_and_is_left_as_it_was(
    render: Renderer, tmp_path: Path, server: int, driver: str, isolation: str
) -> None:
    name = f"own_{driver}_{isolation}"
    rights = {"asyncpg": "CREATEDB", "psycopg": "SUPERUSER"}
    url = plain_user(server, name, rights[driver])
    project = render(backend="postgresql", postgres_driver=driver, isolation=isolation)
    project = project.copy(tmp_path / "project")

    for workers in ("0", "2"):
        run = run_pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)
        assert run.status == 0, run.output
        assert not databases_like(server, name)


def test_autovacuum_at_work_does_not_keep_a_database_from_being_put_back(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    url = plain_user(server, "vacuumed")
    project = render(backend="postgresql", isolation="snapshot").copy(tmp_path / "p")
    test = "tests/test_vacuumed.py"
    (project.root / test).write_text(VACUUMED)

    with psycopg.connect(ADMIN.format(port=server), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET autovacuum_naptime = 1")
        admin.execute("SELECT pg_reload_conf()")
        run = run_pytest(project.root, [test], TEST_DATABASE_URL=url)
        admin.execute("ALTER SYSTEM RESET autovacuum_naptime")
        admin.execute("SELECT pg_reload_conf()")

    assert run.status == 0, run.output
    assert not databases_like(server, "vacuumed")
