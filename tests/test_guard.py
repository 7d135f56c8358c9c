"""The guard, end to end: the projects' suites leave every other database alone.

What it does with hostile URLs of PostgreSQL databases is in `test_hostile_urls.py`.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .matrix.environment import program
from .matrix.projects import Project, Renderer
from .matrix.runner import Runner

pytestmark = pytest.mark.remembered

BACKENDS = ("sqlite-memory", "sqlite-file", "sqlite-and-postgresql")
REFUSED = 4

# Names of databases in `{folder}`, which is `{relative}` to the project.
FILES = [
    *("application.db", "application_test.db", "its copy, 100%.db", "\u00e9.db"),
    # What the tests call their own.
    *("task_tracker_test", "task_tracker_test.db"),
]
SQLITE_URLS = [
    "sqlite:///{folder}/application.db",
    "sqlite+pysqlite:///{folder}/application.db",
    "sqlite+aiosqlite:///{folder}/application.db",
    "sqlite+aiosqlite:///{folder}/../data/./application.db",
    "sqlite+aiosqlite:///{relative}/application.db",
    "sqlite+aiosqlite:///./{relative}/application.db",
    "sqlite+aiosqlite:///{folder}/symlink",
    "sqlite+aiosqlite:///{relative}/symlink",
    "sqlite+aiosqlite:///{folder}/hard_link_test.db",
    "sqlite+aiosqlite:///{folder}/symlinked_folder/application.db",
    "sqlite+aiosqlite:///{folder}/application_test.db",
    "sqlite+aiosqlite:///{folder}/task_tracker_test",
    "sqlite+aiosqlite:///{relative}/task_tracker_test.db",
    "sqlite+aiosqlite:///{folder}/its copy, 100%.db",
    "sqlite+aiosqlite:///{folder}/its%20copy%2C%20100%25.db",
    "sqlite+aiosqlite:///{folder}/\u00e9.db",
    "sqlite+aiosqlite:///{folder}/%C3%A9.db",
    "sqlite+aiosqlite:///{folder}/application.db?timeout=1",
    "sqlite+aiosqlite:///file:{folder}/application.db?uri=true",
    "sqlite+aiosqlite:///file:{folder}/application.db?mode=rw&uri=true",
    "sqlite+aiosqlite:///file:{folder}/application.db?mode=rwc&uri=true",
    "sqlite+aiosqlite:///file:{folder}/application.db?cache=shared&uri=true",
    "sqlite+aiosqlite:///file:{folder}/application.db?nolock=1&uri=true",
    "sqlite+aiosqlite:///file:{folder}/application.db?vfs=unix-none&uri=true",
    "sqlite+aiosqlite:///file:{folder}/task_tracker_test?vfs=unix-excl&uri=true",
    "sqlite+aiosqlite:///file://localhost{folder}/application.db?uri=true",
    "sqlite+aiosqlite:///file:{relative}/%61pplication.db?uri=true",
    "sqlite+aiosqlite:///file:{relative}/symlink?mode=rw&uri=true",
]


def cases() -> Iterator[Any]:
    """Yield the parameters of a test for each URL; the projects take turns."""
    for number, url in enumerate(SQLITE_URLS):
        backend = BACKENDS[number % len(BACKENDS)]
        yield pytest.param(backend, url, id=f"{backend} {url}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with databases of an application, and links to them."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in FILES:
        with sqlite3.connect(folder / name) as connection:
            connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT)")
            connection.execute("INSERT INTO task VALUES (1, 'precious')")
        connection.close()
    (folder / "symlink").symlink_to(folder / "application.db")
    (folder / "symlinked_folder").symlink_to(folder)
    (folder / "hard_link_test.db").hardlink_to(folder / "application.db")
    return folder


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return what is in a folder, and when that was changed.

    A journal changes the folder, even if it is gone in the end.
    """
    found = {".": (folder.stat().st_mtime_ns, b"")}
    for path in folder.iterdir():
        data = path.read_bytes() if path.is_file() else b""
        found[path.name] = (path.stat().st_mtime_ns, data)
    return found


def fill(url: str, folder: Path, project: Project) -> str:
    """Return a URL with the words in braces replaced."""
    return url.format(folder=folder, relative=os.path.relpath(folder, project.root))


# What an application might do on its own. The tests' own database is left as it was.
APPLICATION = """
import os

import pytest
from sqlalchemy import text

from {package} import database


@pytest.mark.usefixtures("database")
@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_application_writes():
    assert [n for n in os.environ if n.upper() == "DATABASE_URL"] == ["DATABASE_URL"]
    async with database.connect() as engine, engine.begin() as connection:
        await connection.execute(text("CREATE TABLE written AS SELECT 1"))
        await connection.execute(text("DROP TABLE written"))
"""


def with_application(project: Project) -> Project:
    """Add a test of an application that uses the database in its settings."""
    test = project.root / "tests" / "test_application.py"
    test.write_text(APPLICATION.format(package=project.package))
    return project


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, render: Renderer, own: Path) -> Project:
    """A copy of a project for SQLite."""
    project = render(backend=request.param)
    folder = own / f"guard_{request.param}"
    if folder.exists():
        return Project(project.answers, folder)
    return with_application(project.copy(folder))


@pytest.mark.parametrize(("project", "url"), [*cases()], indirect=["project"])
def test_sqlite_database_of_the_application_stays_as_it_is(
    runner: Runner, project: Project, folder: Path, url: str
) -> None:
    before = contents(folder)
    run = runner.pytest(
        project.root,
        ["-p", "no:cacheprovider", "tests/test_application.py"],
        DATABASE_URL=fill(url, folder, project),
    )

    assert run.status == 0, run.output
    assert contents(folder) == before


@pytest.mark.parametrize(("project", "url"), [*cases()], indirect=["project"])
def test_sqlite_database_is_none_that_tests_accept(
    runner: Runner, project: Project, folder: Path, url: str
) -> None:
    before = contents(folder)
    run = runner.pytest(
        project.root,
        ["-p", "no:cacheprovider", "tests/test_application.py"],
        TEST_DATABASE_URL=fill(url, folder, project),
    )

    assert run.status == REFUSED, run.output
    assert "TEST_DATABASE_URL is " in run.output
    assert "unset it" in run.output or "give a postgresql:// URL" in run.output
    assert "Traceback" not in run.output
    assert run.outcomes == {}
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("DATABASE_URL={url}", {}),
        ("database_url={url}", {}),
        ("export Database_Url='{url}'", {}),
        ("NAME=application\nDATABASE_URL=sqlite+aiosqlite:///{folder}/${NAME}.db", {}),
        ("DATABASE_URL={url}", {"DATABASE_URL": "{url}"}),
        ("", {"Database_Url": "{url}"}),
        ("", {"database_url": "{url}"}),
        ("", {"DATABASE_URL": "{url}", "dATABASE_uRL": "{url}"}),
    ],
)
def test_sqlite_database_stays_as_it_is_wherever_it_is_set(
    runner: Runner,
    render: Renderer,
    tmp_path: Path,
    folder: Path,
    file: str,
    variables: dict[str, str],
) -> None:
    def filled(text: str) -> str:
        url = f"sqlite+aiosqlite:///{folder}/application.db"
        return text.replace("{url}", url).replace("{folder}", str(folder))

    project = with_application(render().copy(tmp_path / "project"))
    (project.root / ".env").write_text(filled(file))
    before = contents(folder)
    run = runner.pytest(
        project.root,
        ["tests/test_application.py"],
        **{name: filled(value) for name, value in variables.items()},
    )

    assert run.status == 0, run.output
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("backend", "isolation", "options"),
    [
        ("sqlite-memory", "rollback", []),
        ("sqlite-memory", "recreate", []),
        ("sqlite-file", "truncate", ["-n2"]),
        ("sqlite-file", "snapshot", []),
        ("sqlite-and-postgresql", "rollback", ["--database=all"]),
    ],
)
def test_sqlite_database_stays_as_it_is_in_the_whole_suite(
    runner: Runner,
    render: Renderer,
    tmp_path: Path,
    folder: Path,
    backend: str,
    isolation: str,
    options: list[str],
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    before = contents(folder)
    run = runner.pytest(
        project.root,
        options,
        DATABASE_URL=f"sqlite+aiosqlite:///{folder}/application.db",
    )

    assert run.status == 0, run.output
    assert contents(folder) == before


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:letmein@localhost/shop_test",
        "postgresql://app:letmein@db.example.com/shop",
        "letmein",
    ],
)
@pytest.mark.parametrize("project", ["sqlite-memory", "sqlite-file"], indirect=True)
def test_other_database_is_none_that_tests_on_sqlite_accept(
    runner: Runner, project: Project, url: str
) -> None:
    arguments = ["-p", "no:cacheprovider"]
    run = runner.pytest(project.root, arguments, TEST_DATABASE_URL=url)

    assert run.status == REFUSED, run.output
    assert "TEST_DATABASE_URL is set, but" in run.output
    assert "unset it" in run.output
    assert "letmein" not in run.output
    assert "Traceback" not in run.output
    assert run.outcomes == {}


@pytest.mark.parametrize("backend", ["sqlite-memory", "postgresql"])
def test_doubtful_database_ends_an_ordinary_run_too(
    render: Renderer, tmp_path: Path, backend: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    url = "postgresql://app:letmein@db.example.com/shop_test"
    run = project.run(program("pytest"), expect=REFUSED, TEST_DATABASE_URL=url)

    assert "TEST_DATABASE_URL is " in run.stderr
    assert "Traceback" not in run.stderr
    assert "letmein" not in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(("stem", "role"), [("whole", ""), ("half", "_template")])
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_database_with_somebodys_tables_is_refused_and_kept(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    stem: str,
    role: str,
) -> None:
    name = f"{stem}_{driver}{role}_test"
    admin = f"postgresql://postgres@127.0.0.1:{server}"
    with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{admin}/{name}", autocommit=True) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")

    url = f"{admin}/{stem}_{driver}_test"
    run = runner.pytest(project.root, [], TEST_DATABASE_URL=url)

    assert run.status == REFUSED, run.output
    assert f"the database {name} holds tables" in run.output
    with psycopg.connect(f"{admin}/{name}") as connection:
        rows = connection.execute("SELECT answer FROM precious").fetchall()
    assert rows == [(42,)]
