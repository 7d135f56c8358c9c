"""The guard for SQLite: the application's databases stay as they are."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from .matrix.runner import run_pytest
from .scenarios import Make, add_scenario


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with databases of an application, and links, that has to stay as it is.

    A journal changes the folder, even if it is gone in the end.
    """
    folder = tmp_path / "data"
    folder.mkdir()
    # The second is called what the tests call their own.
    for name in ("data.db", "app_test.db", "its copy, 100%.db", "\u00e9.db"):
        with sqlite3.connect(folder / name) as connection:
            connection.execute("CREATE TABLE task AS SELECT 'precious' AS title")
        connection.close()
    (folder / "symlink").symlink_to(folder / "data.db")
    (folder / "hard_link_test.db").hardlink_to(folder / "data.db")
    paths = [folder, *folder.iterdir()]
    before = [path.stat().st_mtime_ns for path in paths]
    files = [path.read_bytes() for path in paths[1:]]
    yield folder
    assert [path.stat().st_mtime_ns for path in paths] == before
    assert [path.read_bytes() for path in paths[1:]] == files


# Where the application is told of its database: in a file `.env`, in variables, or in
# both, which read settings without regard to case. `@` stands for a folder's path.
@pytest.mark.parametrize(
    ("case", "dotenv", "variables"),
    [
        ("sqlite-memory recreate", "X=data\nDATABASE_URL=SQLITE@/${X}.db", ""),
        (
            "sqlite-file truncate -n 2",
            "DATABASE_URL=SQLITE@/symlink",
            "DATABASE_URL=SQLITEfile:@/app_test.db?uri=true "
            "dATABASE_uRL=SQLITE@/hard_link_test.db",
        ),
        (
            "sqlite-file snapshot",
            "export Database_Url='SQLITE@/\u00e9.db'",
            "database_url=SQLITE@/data.db",
        ),
        (
            "sqlite-and-postgresql rollback --database all",
            "database_url=SQLITE@/its copy, 100%.db",
            "Database_Url=SQLITEfile:@/symlink?mode=rw&uri=true",
        ),
    ],
)
def test_database_of_the_application_stays_as_it_is(
    make: Make, folder: Path, case: str, dotenv: str, variables: str
) -> None:
    backend, isolation, *options = case.split()
    project = make(backend=backend, isolation=isolation)
    # Last, because it commits between two tests, which fails the next one.
    test = project.root / add_scenario(project, "application")
    test.rename(test.with_name("test_zzz.py"))
    dotenv, variables = (
        text.replace("SQLITE", "sqlite+aiosqlite:///").replace("@", str(folder))
        for text in (dotenv, variables)
    )
    (project.root / ".env").write_text(dotenv)
    own = dict(pair.split("=", 1) for pair in variables.split())
    run = run_pytest(project.root, options, **own)

    assert run.status == 0, run.output


@pytest.mark.parametrize(
    ("backend", "url", "options"),
    [
        ("sqlite-memory", "sqlite+aiosqlite:///{folder}/app_test.db", ""),
        ("sqlite-memory", "postgresql://app:letmein@localhost/shop_test", ""),
        ("sqlite-file", "sqlite+aiosqlite:///file:{folder}/symlink?uri=true", "-n 2"),
        ("sqlite-and-postgresql", "sqlite:///{folder}/app_test.db", "--database all"),
    ],
)
def test_no_other_database_is_accepted(
    make: Make, folder: Path, backend: str, url: str, options: str
) -> None:
    project = make(backend=backend)
    url = url.format(folder=folder)
    run = run_pytest(project.root, options.split(), TEST_DATABASE_URL=url)

    assert run.status == pytest.ExitCode.USAGE_ERROR, run.output
    assert "TEST_DATABASE_URL is " in run.output
    assert "unset it" in run.output or "give a postgresql:// URL" in run.output
    assert "letmein" not in run.output
    assert "Traceback" not in run.output
    assert run.outcomes == {}
