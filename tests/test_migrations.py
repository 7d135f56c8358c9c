"""Alembic's commands in a rendered project, and databases that cannot be prepared."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix.environment import FILES
from .matrix.facts import BOTH
from .matrix.postgresql import create_database
from .matrix.projects import Project
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest
from .scenarios import Make, add_scenario, assert_says, run_scenario

pytestmark = pytest.mark.one_of("backend", "example")

DATABASES: list[dict[str, Value]] = [
    {"backend": "sqlite-file"},
    {"backend": "postgresql", "isolation": "truncate"},
    {"backend": "sqlite-and-postgresql", "postgres_driver": "psycopg"},
]


def add_models(project: Project, *names: str) -> None:
    """Add modules of models to the project."""
    models = project.root / "src" / project.package / "models"
    text = (models / "__init__.py").read_text()
    for name in names:
        shutil.copy(FILES / "models" / f"{name}.py", models)
        imports = f"from . import {name} as {name}\nfrom .base import Base\n"
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
    add_models(project, "invoice")
    said = alembic("revision", "--autogenerate", "-m", "Add invoices.")
    assert_says(said, "Generating", "_invoices.py", "Detected added table 'invoice'")
    assert not re.search("E501|Found|setup plugin|warning", said)
    alembic("upgrade", "head")
    alembic("check")
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


@pytest.mark.parametrize(
    ("answers", "kind", "models"),
    [
        ({"backend": "sqlite-file"}, "sqlite", "on_sqlite"),
        ({"backend": "postgresql"}, "postgresql", "on_postgresql"),
        (
            {"backend": "postgresql", "postgres_driver": "psycopg"},
            "postgresql",
            "on_postgresql",
        ),
        ({"backend": BOTH}, "sqlite", "invoice"),
        ({"backend": BOTH}, "postgresql", "invoice"),
    ],
    ids=str,
)
def test_migration_makes_whatever_models_can_hold_and_tests_see_each_difference(
    make: Make,
    tmp_path: Path,
    own: Path,
    server: int,
    answers: dict[str, Value],
    kind: str,
    models: str,
) -> None:
    project, url = make(**answers), f"sqlite:///{tmp_path}/types.db"
    if kind == "postgresql":
        url = create_database(server, f"types_{tmp_path.parent.name}_{tmp_path.name}")
    add_models(project, "every_database", models)
    project.run("alembic", "upgrade", "head", DATABASE_URL=url)
    command = ["alembic", "revision", "--autogenerate", "-m", "Add everything"]
    project.run(*command, DATABASE_URL=url)
    [added] = project.files("*_add_everything.py")
    # What Alembic does not know: a view.
    view = (
        '    op.execute("CREATE VIEW shown AS SELECT short FROM everything")\n\n\ndef '
    )
    text = project.read(added).replace("\n\ndef downgrade", f"{view}downgrade", 1)
    first = '    """Undo it."""\n'
    text = text.replace(first, f'{first}    op.execute("DROP VIEW shown")\n')
    (project.root / added).write_text(text)
    project.run("alembic", "upgrade", "head", DATABASE_URL=url)
    project.run("alembic", "check", DATABASE_URL=url)

    project.run("ruff", "check", "--no-cache", "migrations")
    project.run("mypy", "migrations", MYPY_CACHE_DIR=own / "mypy")
    tests = ["-q", "tests/harness/test_migrations.py"]
    if answers["backend"] == BOTH:
        tests.append(f"--database={'all' if kind == 'postgresql' else kind}")
    else:
        tests.append(add_scenario(project, "drift"))
    done = run_pytest(project.root, tests)
    assert done.status == 0, done.output


@pytest.mark.one_of("scenario")
@pytest.mark.parametrize("backend", ["sqlite-file", "sqlite-memory"])
@pytest.mark.parametrize("scenario", ["batch", "kept"])
def test_table_that_sqlite_makes_anew_loses_nothing(
    make: Make, backend: str, scenario: str
) -> None:
    done = run_scenario(make(backend=backend), scenario)

    assert done.status == 0, done.output


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
