"""`copier update` on a real repository: it keeps the user's work."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Answers, Value, data
from .matrix.runner import run_pytest

HARNESS = "tests/harness/leaks.py"
CHANGED = "# Changed in the newer version.\n"

# What a user deletes, and adds to files of a project.
DELETED = ["LICENSE", "tests/test_models.py"]
PACKAGE = "src/task_tracker"
WORK = {
    f"{PACKAGE}/models/invoice.py": '''"""A model of the user's own."""

from sqlmodel import Field

from .base import Base


class Invoice(Base, table=True):
    """An invoice."""

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
''',
    f"{PACKAGE}/models/__init__.py": "from .invoice import Invoice as Invoice\n",
    f"{PACKAGE}/models/task.py": "# Mine.\n",
    f"{PACKAGE}/services/__init__.py": "# Mine.\n",
    f"{PACKAGE}/services/task.py": "# Mine.\n",
    "migrations/versions/0002_invoices.py": '''"""Invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("invoice")
''',
    "tests/conftest.py": '''
import pytest


@pytest.fixture
def number() -> str:
    """A number for an invoice."""
    return "2030-1"
''',
    "tests/test_invoice.py": """from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice


async def test_invoice_is_stored(session: AsyncSession, number: str) -> None:
    session.add(Invoice(number=number))
    await session.commit()
""",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    run = environment.run(folder, "git", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def commit(folder: Path) -> None:
    """Commit everything in a folder."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def add(text: str, *paths: Path) -> None:
    """Add text to the end of files."""
    for path in paths:
        with path.open("a") as file:
            file.write(text)


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository with one version."""
    folder = tmp_path / "template"
    shutil.copytree(template, folder)
    commit(folder)
    git(folder, "tag", "0.1.0")
    return folder


def make_project(repository: Path, folder: Path, answers: Answers) -> dict[str, str]:
    """Make a project, and do a user's work in it; return the work by file."""
    run = environment.copier(folder.parent, "copy", *data(answers), repository, folder)
    assert run.returncode == 0, run.stderr
    commit(folder)
    first = '"0001"' if answers.get("example", True) else "None"
    for path, text in WORK.items():
        (folder / path).parent.mkdir(exist_ok=True)
        add(text.replace("{down_revision}", first), folder / path)
    for path in DELETED:
        (folder / path).unlink(missing_ok=True)
    commit(folder)
    return {path: (folder / path).read_text() for path in WORK}


def release(repository: Path) -> None:
    """Make a newer version: other harness, other example, other settings."""
    template = repository / "template"
    example = template / "src/{{ package_name }}/models/task.py"
    add(CHANGED, template / HARNESS, example, template / "pyproject.toml.jinja")
    commit(repository)
    git(repository, "tag", "0.2.0")


UPDATES: list[tuple[dict[str, Value], dict[str, Value]]] = [
    ({}, {}),
    ({}, {"example": False}),
    ({"example": False}, {"example": True}),
    ({}, {"backend": "postgresql"}),
    ({}, {"isolation": "truncate"}),
    ({"isolation": "recreate"}, {"isolation": "rollback", "backend": "sqlite-file"}),
    ({"pytest_config": "pytest-ini"}, {"pytest_config": "pyproject"}),
    ({"coverage": "html"}, {"coverage": "none"}),
]


@pytest.mark.parametrize(
    ("before", "changes"), UPDATES, ids=[f"{b} then {c}" for b, c in UPDATES]
)
def test_update_keeps_the_users_work_and_brings_the_new_version(
    repository: Path,
    render: Renderer,
    tmp_path: Path,
    before: dict[str, Value],
    changes: dict[str, Value],
) -> None:
    work = make_project(repository, tmp_path / "project", before)
    release(repository)
    fresh = render(**before | changes)
    project = Project(fresh.answers, tmp_path / "project")

    run = environment.copier(project.root, "update", *data(changes))

    assert run.returncode == 0, run.stderr
    assert "Task Tracker is up to date. Next:" in run.stderr
    assert {path: project.read(path) for path in work} == work
    assert not [path for path in DELETED if (project.root / path).exists()]
    assert project.read(HARNESS).endswith(CHANGED)
    assert CHANGED in project.read("pyproject.toml")
    assert "_commit: 0.2.0" in project.read(".copier-answers.yml")
    assert git(project.root, "ls-files", "--unmerged") == ""
    for path in git(project.root, "ls-files", "--others", "--cached").splitlines():
        assert not path.endswith(".rej")
        if (project.root / path).exists():
            assert not re.search(r"^[<>]{7}", project.read(path), re.MULTILINE)
    harness, wanted = (p.root.glob("tests/harness/*.py") for p in (project, fresh))
    assert {path.name for path in harness} == {path.name for path in wanted}
    done = run_pytest(project.root, ["-q"])
    assert done.status == 0, done.output
