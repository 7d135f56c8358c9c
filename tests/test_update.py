"""`copier update` on a real repository: it keeps the user's work."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Answers, Value
from .matrix.runner import run_pytest

HARNESS = "tests/harness/leaks.py"
CHANGED = "# Changed in the newer version.\n"

USERS_MODEL = '''"""A model of the user's own."""

from sqlmodel import Field, SQLModel


class Invoice(SQLModel, table=True):
    """An invoice."""

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
'''
USERS_TEST = """from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice


async def test_invoice_is_stored(session: AsyncSession, number: str) -> None:
    session.add(Invoice(number=number))
    await session.commit()
"""
USERS_FIXTURE = '''

@pytest.fixture
def number() -> str:
    """A number for an invoice."""
    return "2030-1"
'''


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    run = environment.run(folder, "git", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def commit(folder: Path, *, tag: str = "") -> None:
    """Commit everything in a folder, and tag the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")
    if tag:
        git(folder, "tag", tag)


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository with one version."""
    folder = tmp_path / "template"
    shutil.copytree(template, folder)
    git(folder, "init", "--quiet")
    commit(folder, tag="0.1.0")
    return folder


def copier(folder: Path, *arguments: str | Path) -> None:
    """Run the copier program in a folder."""
    run = environment.run(folder, environment.program("copier"), *arguments)
    assert run.returncode == 0, run.stderr


def data(answers: Answers) -> list[str]:
    """Return the options that give these answers to the copier program."""
    return [part for name in answers for part in ("-d", f"{name}={answers[name]}")]


def make_project(repository: Path, folder: Path, answers: Answers) -> dict[str, str]:
    """Make a project, and do a user's work in it; return the work by file."""
    copier(folder.parent, "copy", "--defaults", *data(answers), repository, folder)
    git(folder, "init", "--quiet")
    commit(folder)
    source = folder / "src" / "task_tracker"
    (source / "models" / "invoice.py").write_text(USERS_MODEL)
    (folder / "tests" / "test_invoice.py").write_text(USERS_TEST)
    conftest = folder / "tests" / "conftest.py"
    text = conftest.read_text()
    if "import pytest" not in text:
        text += "\nimport pytest\n"
    conftest.write_text(text + USERS_FIXTURE)
    work = [source / "models" / "invoice.py", folder / "tests" / "test_invoice.py"]
    work.append(conftest)
    models = source / "models" / "__init__.py"
    models.write_text(
        models.read_text() + "\nfrom .invoice import Invoice as Invoice\n"
    )
    work.append(models)
    for path in (*source.glob("services/*.py"), *source.glob("models/task.py")):
        path.write_text(path.read_text() + "\n# Mine.\n")
        work.append(path)
    commit(folder)
    return {str(path.relative_to(folder)): path.read_text() for path in work}


def release(repository: Path) -> None:
    """Make a newer version: other harness, other example, other settings."""
    for name in (HARNESS, "src/{{ package_name }}/models/task.py"):
        path = repository / "template" / name
        path.write_text(path.read_text() + CHANGED)
    path = repository / "template" / "pyproject.toml.jinja"
    path.write_text(path.read_text() + "\n" + CHANGED)
    commit(repository, tag="0.2.0")


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
    folder = tmp_path / "project"
    work = make_project(repository, folder, before)
    release(repository)

    copier(folder, "update", "--defaults", *data(changes))

    project = Project(render(**before | changes).answers, folder)
    for path, text in work.items():
        assert project.read(path) == text
    assert project.read(HARNESS).endswith(CHANGED)
    assert CHANGED in project.read("pyproject.toml")
    assert "_commit: 0.2.0" in project.read(".copier-answers.yml")
    for path in git(folder, "ls-files", "--cached", "--others").splitlines():
        if (folder / path).exists():
            assert not re.search(r"^<<<<<<<|^>>>>>>>", project.read(path), re.MULTILINE)
    assert not [
        line for line in git(folder, "status", "-s").splitlines() if "U" in line[:2]
    ]
    assert not list(folder.rglob("*.rej"))
    assert harness(folder) == harness(render(**before | changes).root)
    run = run_pytest(folder, ["-q"])
    assert run.status == 0, run.output


def harness(folder: Path) -> set[str]:
    """Return the names of the harness's modules."""
    return {path.name for path in folder.glob("tests/harness/*.py")}


def test_file_that_the_user_deleted_stays_deleted(
    repository: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    make_project(repository, folder, {})
    deleted = [folder / "tests" / "test_models.py", folder / "LICENSE"]
    for path in deleted:
        path.unlink()
    commit(folder)
    release(repository)

    copier(folder, "update", "--defaults")

    assert not [path for path in deleted if path.exists()]


def test_update_tells_what_to_do_next(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    make_project(repository, folder, {})
    release(repository)
    run = environment.run(folder, environment.program("copier"), "update", "--defaults")

    assert "Task Tracker is up to date." in run.stderr
