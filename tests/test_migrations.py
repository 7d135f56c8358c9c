"""Alembic's commands in a rendered project, and databases that cannot be prepared."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import FILES, program
from .matrix.postgresql import create_database
from .matrix.projects import Project
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest
from .scenarios import Make, assert_says

pytestmark = pytest.mark.one_of("backend", "example")

DATABASES: list[dict[str, Value]] = [
    {"backend": "sqlite-file"},
    {"backend": "postgresql", "isolation": "truncate"},
    {"backend": "sqlite-and-postgresql", "postgres_driver": "psycopg"},
]


def add_model(project: Project) -> None:
    """Add a model to the project."""
    models = project.root / "src" / project.package / "models"
    shutil.copy(FILES / "invoice.py", models)
    imports = "from .base import Base\nfrom .invoice import Invoice as Invoice\n"
    text = (models / "__init__.py").read_text()
    text = text.replace("from .base import Base\n", imports)
    (models / "__init__.py").write_text(text)


@pytest.mark.parametrize("example", [True, False], ids=["example", "no example"])
@pytest.mark.parametrize("answers", DATABASES, ids=str)
def test_model_gets_its_table_by_a_migration_that_reads_as_written_by_hand(
    make: Make, own: Path, server: int, answers: dict[str, Value], example: bool
) -> None:
    project = make(**answers, example=example)
    name = f"migrations_{answers['backend']}_{example}"
    url = f"sqlite:///{name}.db"
    if "postgresql" in str(project.answers["backend"]):
        url = create_database(server, name)

    def alembic(*arguments: str) -> str:
        done = project.run("alembic", *arguments, DATABASE_URL=url)
        return done.stdout + done.stderr

    alembic("upgrade", "head")
    alembic("check")
    add_model(project)
    alembic("revision", "--autogenerate", "-m", "Add invoices.")
    alembic("upgrade", "head")
    alembic("check")
    assert "CREATE TABLE invoice" in alembic("upgrade", "head", "--sql")
    alembic("downgrade", "-1")
    assert re.search("-> .*Add invoices", alembic("upgrade", "head"))

    [added] = project.files("*_add_invoices.py")
    text = project.read(added)
    assert re.fullmatch(r"\d{4}_\d\d_\d\d_[0-9a-f]{12}_add_invoices\.py", added.name)
    assert text.startswith('"""Add invoices."""\n')
    for part in ("String(length=20)", "String(length=32)", "DateTime(timezone"):
        assert f"sa.{part}" in text
    assert "sqlmodel" not in text
    project.run("ruff", "check", "--no-cache")
    project.run("ruff", "format", "--check", "--no-cache")
    project.run("mypy", MYPY_CACHE_DIR=own / "mypy")
    done = run_pytest(project.root, ["-q", "tests/harness/test_migrations.py"])
    assert done.status == 0, done.output


def test_migrations_need_a_database_url_and_say_so(make: Make) -> None:
    project = make()
    command = [program("alembic"), "upgrade", "head"]
    for url, fix in (("", "copy .env.example to .env"), ("mysql://db/app", "runs on")):
        done = environment.run(project.root, *command, DATABASE_URL=url)

        assert done.returncode != 0
        assert_says(done.stdout + done.stderr, "FAILED: ", "DATABASE_URL", fix)
    assert not list(project.root.glob("*.db"))


@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file", "postgresql"])
@pytest.mark.parametrize("broken", ["migration", "hook"])
def test_database_that_cannot_be_prepared_fails_the_tests_that_use_it_and_no_other(
    make: Make, backend: str, broken: str
) -> None:
    project = make(backend=backend)
    if broken == "hook":
        hook = "\n\nasync def pytest_prepare_database(session):\n    1 / 0\n"
        conftest = project.root / "tests" / "conftest.py"
        conftest.write_text(conftest.read_text() + hook)
    else:
        path = project.root / "migrations" / "versions" / "0001_first_tables.py"
        path.write_text(f"{path.read_text()}\n\ndef upgrade():\n    1 / 0\n")
    tests = ["tests/test_task_errors.py", "tests/test_settings.py"]
    done = run_pytest(project.root, ["-q", "--tb=short", *tests])

    failed = {test for test, outcome in done.outcomes.items() if outcome == "failed"}
    assert failed == {
        test for test in done.outcomes if "errors" in test or "ended" in test
    }
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert "ZeroDivisionError" in done.output
