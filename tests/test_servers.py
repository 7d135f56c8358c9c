"""Suites on a PostgreSQL server of the user's."""

from pathlib import Path

import pytest

from .matrix.projects import Renderer
from .matrix.runner import Runner
from .matrix.scenes import databases, plain_user

pytestmark = pytest.mark.remembered


@pytest.mark.parametrize("isolation", ["rollback", "truncate"])
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_server_of_ones_own_serves_run_after_run_and_is_left_as_it_was(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    isolation: str,
) -> None:
    name = f"own_{driver}_{isolation}"
    project = render(
        backend="postgresql", postgres_driver=driver, isolation=isolation
    ).copy(tmp_path / "project")
    url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"

    for workers in ("0", "0", "2"):
        run = runner.pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)
        assert run.status == 0, run.output
        assert " passed" in run.output
        assert not {n for n in databases(server) if n.startswith(name)}


@pytest.mark.parametrize("isolation", ["rollback", "snapshot", "truncate", "recreate"])
def test_user_who_may_create_databases_needs_no_other_right(
    render: Renderer, runner: Runner, tmp_path: Path, server: int, isolation: str
) -> None:
    name = f"plain_{isolation}"
    url = plain_user(server, name)
    project = render(backend="postgresql", isolation=isolation).copy(tmp_path / "p")

    run = runner.pytest(project.root, [], TEST_DATABASE_URL=url)

    assert run.status == 0, run.output
    assert not {n for n in databases(server) if n.startswith(name)}
