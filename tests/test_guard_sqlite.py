"""The guard for SQLite: the application's databases stay as they are."""

import sqlite3
from pathlib import Path

import pytest

from .matrix.projects import Project, Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario

REFUSED = pytest.ExitCode.USAGE_ERROR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with databases of an application, and links to them."""
    folder = tmp_path / "data"
    folder.mkdir()
    # The second is called what the tests call their own.
    for name in ("application.db", "app_test.db", "its copy, 100%.db", "\u00e9.db"):
        with sqlite3.connect(folder / name) as connection:
            connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT)")
            connection.execute("INSERT INTO task VALUES (1, 'precious')")
        connection.close()
    (folder / "symlink").symlink_to(folder / "application.db")
    (folder / "hard_link_test.db").hardlink_to(folder / "application.db")
    return folder


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return what is in a folder, and when that was changed.

    A journal changes the folder, even if it is gone in the end.
    """
    found = {".": (folder.stat().st_mtime_ns, b"")}
    for path in folder.iterdir():
        found[path.name] = (path.stat().st_mtime_ns, path.read_bytes())
    return found


# Where the application is told of its database: in a file `.env`, in variables, or in
# both, which read settings without regard to case. `@` stands for a folder's path.
@pytest.mark.parametrize(
    ("backend", "dotenv", "variables"),
    [
        (
            "sqlite-memory",
            "NAME=application\nDATABASE_URL=sqlite+aiosqlite:///@/${NAME}.db",
            {},
        ),
        (
            "sqlite-memory",
            "DATABASE_URL=sqlite+aiosqlite:///@/symlink",
            {
                "DATABASE_URL": "sqlite+aiosqlite:///file:@/app_test.db?uri=true",
                "dATABASE_uRL": "sqlite+aiosqlite:///@/hard_link_test.db",
            },
        ),
        (
            "sqlite-file",
            "export Database_Url='sqlite+aiosqlite:///@/\u00e9.db'",
            {"database_url": "sqlite+aiosqlite:///@/app_test.db"},
        ),
        (
            "sqlite-and-postgresql",
            "database_url=sqlite+aiosqlite:///@/its copy, 100%.db",
            {"Database_Url": "sqlite+aiosqlite:///file:@/symlink?mode=rw&uri=true"},
        ),
    ],
)
def test_database_of_the_application_stays_as_it_is(
    render: Renderer,
    tmp_path: Path,
    folder: Path,
    backend: str,
    dotenv: str,
    variables: dict[str, str],
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    test = add_scenario(project, "application")
    (project.root / ".env").write_text(dotenv.replace("@", str(folder)))
    variables = {name: url.replace("@", str(folder)) for name, url in variables.items()}
    before = contents(folder)
    run = run_pytest(project.root, [test], **variables)

    assert run.status == 0, run.output
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("backend", "isolation", "options"),
    [
        ("sqlite-memory", "recreate", []),
        ("sqlite-file", "truncate", ["-n2"]),
        ("sqlite-file", "snapshot", []),
        ("sqlite-and-postgresql", "rollback", ["--database=all"]),
    ],
)
def test_database_of_the_application_stays_as_it_is_in_the_whole_suite(
    render: Renderer,
    tmp_path: Path,
    folder: Path,
    backend: str,
    isolation: str,
    options: list[str],
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    url = f"sqlite+aiosqlite:///{folder}/application.db"
    before = contents(folder)
    run = run_pytest(project.root, options, DATABASE_URL=url)

    assert run.status == 0, run.output
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("backend", "url", "options"),
    [
        ("sqlite-memory", "sqlite+aiosqlite:///@/app_test.db", []),
        ("sqlite-memory", "postgresql://app:letmein@localhost/shop_test", []),
        ("sqlite-file", "sqlite+aiosqlite:///file:@/symlink?uri=true", ["-n2"]),
        ("sqlite-file", "letmein", []),
        ("sqlite-and-postgresql", "sqlite+aiosqlite:///@/app_test.db", []),
        ("sqlite-and-postgresql", "sqlite:///@/app_test.db", ["--database=all"]),
    ],
)
def test_no_other_database_is_accepted(
    render: Renderer,
    tmp_path: Path,
    folder: Path,
    backend: str,
    url: str,
    options: list[str],
) -> None:
    project: Project = render(backend=backend).copy(tmp_path / "project")
    before = contents(folder)
    url = url.replace("@", str(folder)) if "letmein" not in url else url
    run = run_pytest(project.root, options, TEST_DATABASE_URL=url)

    assert run.status == REFUSED, run.output
    assert "TEST_DATABASE_URL is " in run.output
    assert "unset it" in run.output or "give a postgresql:// URL" in run.output
    assert "letmein" not in run.output
    assert "Traceback" not in run.output
    assert run.outcomes == {}
    assert contents(folder) == before
