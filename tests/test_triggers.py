"""Tests are kept apart where the database itself writes rows, by triggers."""

from pathlib import Path

import pytest

from .matrix.facts import SINGLE_BACKENDS, STRATEGIES
from .matrix.projects import Project, Renderer
from .matrix.runner import run_pytest
from .matrix.runs import plain_user

# The table that the triggers write comes first, so that it is emptied first.
MODELS = '''"""Models."""

from sqlalchemy import DDL, event
from sqlmodel import Field, SQLModel


class Change(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


def _when_created(dialect: str, statement: str) -> None:
    ddl = DDL(statement).execute_if(dialect=dialect)
    event.listen(SQLModel.metadata, "after_create", ddl)


for action in ("INSERT", "DELETE"):
    _when_created(
        "sqlite",
        f"CREATE TRIGGER on_{action} AFTER {action} ON note "
        "BEGIN INSERT INTO change (id) VALUES (NULL); END",
    )
_when_created(
    "postgresql",
    "CREATE FUNCTION note_changed() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO change DEFAULT VALUES; RETURN NULL; END'",
)
_when_created(
    "postgresql",
    "CREATE TRIGGER note_changed AFTER INSERT OR DELETE ON note "
    "FOR EACH ROW EXECUTE FUNCTION note_changed()",
)
'''
TESTS = """
import pytest
from sqlmodel import col, func, select

from task_tracker.models import Change, Note

@pytest.mark.parametrize("run", ["first", "second", "third"])
async def test_change_is_counted(session, run):
    session.add(Note())
    await session.commit()

    assert await session.scalar(select(func.count(col(Change.id)))) == 1
"""


def with_triggers(project: Project, folder: Path) -> Path:
    """Copy a project, add models with triggers to it, and return its folder."""
    root = project.copy(folder / "project").root
    (root / "src" / "task_tracker" / "models" / "__init__.py").write_text(MODELS)
    (root / "tests" / "test_change.py").write_text(TESTS)
    return root


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("backend", SINGLE_BACKENDS)
def test_rows_that_triggers_insert_are_undone(
    render: Renderer, tmp_path: Path, backend: str, isolation: str
) -> None:
    project = render(backend=backend, isolation=isolation, example=False)

    run = run_pytest(with_triggers(project, tmp_path), ["tests/test_change.py"])

    assert run.status == 0, run.output
    assert "3 passed" in run.output


def test_rows_that_triggers_insert_are_undone_for_a_user_without_other_rights(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    project = render(backend="postgresql", isolation="truncate", example=False)

    run = run_pytest(
        with_triggers(project, tmp_path),
        ["tests/test_change.py"],
        TEST_DATABASE_URL=plain_user(server, "with_triggers"),
    )

    assert run.status == 0, run.output
    assert "3 passed" in run.output
