"""The guard, end to end: the projects' suites leave every other database alone."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from .matrix.environment import program
from .matrix.projects import Project, Renderer

pytestmark = pytest.mark.remembered

REFUSED = 4


def application_database(folder: Path) -> Path:
    """Return the file of an application's database that holds a row."""
    path = folder / "application.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT)")
        connection.execute("INSERT INTO task VALUES (1, 'precious')")
    connection.close()
    return path


@pytest.mark.parametrize("isolation", ["rollback", "recreate"])
@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file"])
@pytest.mark.parametrize("where", ["environment", "file"])
def test_applications_sqlite_file_stays_as_it_is(
    render: Renderer, tmp_path: Path, backend: str, isolation: str, where: str
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    database = application_database(tmp_path)
    before = database.read_bytes()
    url = f"sqlite+aiosqlite:///{database}"

    if where == "environment":
        project.run(program("pytest"), DATABASE_URL=url)
    else:
        (project.root / ".env").write_text(f"DATABASE_URL={url}\n")
        project.run(program("pytest"))

    assert database.read_bytes() == before
    assert [path.name for path in tmp_path.glob("application*")] == ["application.db"]


HOSTILE = [
    "postgresql://app:letmein@db.example.com/shop_test",
    "postgresql://app:letmein@localhost/shop",
    "postgresql://app:letmein@localhost/shop_test?host=db.example.com",
    "postgresql://app:letmein@localhost/shop_test?dbname=shop",
    "postgresql://app:letmein@:x",
    "mysql://app:letmein@localhost/shop_test",
    "letmein",
]


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("backend", ["sqlite-memory", "postgresql"])
def test_doubtful_database_ends_the_run_before_it_starts(
    render: Renderer, tmp_path: Path, backend: str, url: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = project.run(program("pytest"), expect=REFUSED, TEST_DATABASE_URL=url)

    assert "TEST_DATABASE_URL" in run.stderr
    assert "letmein" not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "passed" not in run.stdout


@pytest.mark.parametrize(("stem", "role"), [("whole", ""), ("half", "_template")])
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_database_with_somebodys_tables_is_refused_and_kept(
    render: Renderer, tmp_path: Path, server: int, driver: str, stem: str, role: str
) -> None:
    name = f"{stem}_{driver}{role}_test"
    admin = f"postgresql://postgres@127.0.0.1:{server}"
    with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{admin}/{name}", autocommit=True) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")
    project = postgresql_project(render, tmp_path, driver)

    url = f"{admin}/{stem}_{driver}_test"
    run = project.run(program("pytest"), expect=REFUSED, TEST_DATABASE_URL=url)

    assert f"the database {name} holds tables" in run.stdout + run.stderr
    with psycopg.connect(f"{admin}/{name}") as connection:
        rows = connection.execute("SELECT answer FROM precious").fetchall()
    assert rows == [(42,)]


def postgresql_project(render: Renderer, folder: Path, driver: str) -> Project:
    """Return a copy of a project for PostgreSQL."""
    project = render(backend="postgresql", postgres_driver=driver)
    return project.copy(folder / "project")
