"""The guard for SQLite: the application's databases stay as they are."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with databases of an application, and links, that has to stay as it is.

    A journal changes the folder, even if it is gone in the end.
    """
    folder = tmp_path / "data"
    folder.mkdir()
    # The second is called what the tests call their own.
    for name in ("application.db", "app_test.db", "its copy, 100%.db", "\u00e9.db"):
        with sqlite3.connect(folder / name) as connection:
            connection.execute("CREATE TABLE task AS SELECT 'precious' AS title")
        connection.close()
    (folder / "symlink").symlink_to(folder / "application.db")
    (folder / "hard_link_test.db").hardlink_to(folder / "application.db")
    paths = [folder, *folder.iterdir()]
    before = [path.stat().st_mtime_ns for path in paths]
    files = [path.read_bytes() for path in paths[1:]]
    yield folder
    assert [path.stat().st_mtime_ns for path in paths] == before
    assert [path.read_bytes() for path in paths[1:]] == files


# Where the application is told of its database: in a file `.env`, in variables, or in
# both, which read settings without regard to case. `@` stands for a folder's path.
@pytest.mark.parametrize(
    ("backend", "isolation", "options", "dotenv", "variables"),
    [
        (
            "sqlite-memory",
            "recreate",
            "",
            "NAME=application\nDATABASE_URL=sqlite+aiosqlite:///@/${NAME}.db",
            {},
        ),
        (
            "sqlite-file",
            "truncate",
            "-n 2",
            "DATABASE_URL=sqlite+aiosqlite:///@/symlink",
            {
                "DATABASE_URL": "sqlite+aiosqlite:///file:@/app_test.db?uri=true",
                "dATABASE_uRL": "sqlite+aiosqlite:///@/hard_link_test.db",
            },
        ),
        (
            "sqlite-file",
            "snapshot",
            "",
            "export Database_Url='sqlite+aiosqlite:///@/\u00e9.db'",
            {"database_url": "sqlite+aiosqlite:///@/application.db"},
        ),
        (
            "sqlite-and-postgresql",
            "rollback",
            "--database all",
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
    isolation: str,
    options: str,
    dotenv: str,
    variables: dict[str, str],
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    # Last, because it commits between two tests, which fails the next one.
    test = project.root / add_scenario(project, "application")
    test.rename(test.with_name("test_zzz.py"))
    (project.root / ".env").write_text(dotenv.replace("@", str(folder)))
    variables = {name: url.replace("@", str(folder)) for name, url in variables.items()}
    run = run_pytest(project.root, options.split(), **variables)

    assert run.status == 0, run.output


@pytest.mark.parametrize(
    ("backend", "url", "options"),
    [
        ("sqlite-memory", "sqlite+aiosqlite:///{folder}/app_test.db", ""),
        ("sqlite-memory", "postgresql://app:letmein@localhost/shop_test", ""),
        ("sqlite-file", "sqlite+aiosqlite:///file:{folder}/symlink?uri=true", "-n 2"),
        ("sqlite-file", "letmein", ""),
        ("sqlite-and-postgresql", "sqlite+aiosqlite:///{folder}/app_test.db", ""),
        ("sqlite-and-postgresql", "sqlite:///{folder}/app_test.db", "--database all"),
    ],
)
def test_no_other_database_is_accepted(
    render: Renderer, tmp_path: Path, folder: Path, backend: str, url: str, options: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    url = url.format(folder=folder)
    run = run_pytest(project.root, options.split(), TEST_DATABASE_URL=url)

    assert run.status == pytest.ExitCode.USAGE_ERROR, run.output
    assert "TEST_DATABASE_URL is " in run.output
    assert "unset it" in run.output or "give a postgresql:// URL" in run.output
    assert "letmein" not in run.output
    assert "Traceback" not in run.output
    assert run.outcomes == {}
