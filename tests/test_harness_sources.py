"""The harness as it lies in the template: plain files, few lines, and sound."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.projects import Renderer
from .matrix.questionnaire import Answers

LONGEST = 260


@pytest.fixture
def harness(template: Path) -> Path:
    """The harness's folder in the template."""
    return template / "template" / "tests" / "harness"


def test_one_short_module_knows_what_was_chosen_and_the_others_have_no_tags(
    harness: Path,
) -> None:
    # The other folder has what a new project's harness knows of the application.
    texts = {p.name: p.read_text() for p in harness.parent.glob("harness*/*.py*")}
    tagged = {name for name, text in texts.items() if re.search("{[%#]", text)}

    assert tagged == {"chosen.py.jinja"}
    assert texts["chosen.py.jinja"].count("\n") <= 27
    texts = {name: text for name, text in texts.items() if "{{" in text}
    assert {*texts} == {"chosen.py.jinja", "application.py.jinja"}
    assert {*re.findall("{{.*?}}", texts["application.py.jinja"])} == {
        "{{ package_name }}"
    }


def test_no_module_is_too_long_to_be_read_at_once(harness: Path) -> None:
    lengths = {p.name: p.read_text().count("\n") for p in harness.glob("*.py*")}

    assert {name for name in lengths if lengths[name] > LONGEST} == set()


def test_plain_files_pass_ruff_and_mypy_all_together(
    harness: Path, template: Path, render: Renderer, tmp_path: Path
) -> None:
    every = {"backend": "sqlite-and-postgresql", "factories": "factory-boy"}
    project = render(**every, api="fastapi").copy(tmp_path / "project")
    for path in harness.glob("*.py"):
        shutil.copy(path, project.root / "tests" / "harness")

    project.run(program("mypy"), PYTHONPATH="", MYPYPATH=project.root / "src")
    settings = f"--config={template / 'pyproject.toml'}"
    for command in (["check"], ["format", "--check"]):
        options = (*command, "--no-cache", settings)
        done = environment.run(template, program("ruff"), *options, harness)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("backend", "unwanted"),
    [("sqlite-file", "PostgreSQL|NOTIFY|TEST_DATABASE"), ("postgresql", "SQLite")],
)
def test_harness_in_a_repository_that_exists_speaks_of_nothing_that_is_not_there(
    render: Renderer, backend: str, unwanted: str
) -> None:
    where: Answers = {"metadata": "a:b", "session_factory": "a:c", "backend": backend}
    for more in ({}, {"schema_from": "alembic", "isolation": "truncate"}):
        where = {**where, **more, "database_variables": "DB_URL"}
        project = render(scope="harness", **where)
        readme = project.read("db_harness/README.md")
        texts = [project.read(path) for path in project.files("*.py")] + [readme]
        named = {*re.findall(r"\b\w+\.py\b", "".join(texts))}

        assert named - {path.name for path in project.files()} <= {"env.py"}
        assert not re.search(rf"tests[./]harness|\bDATABASE_URL|{unwanted}", readme)


@pytest.mark.parametrize("isolation", ["rollback", "snapshot", "truncate", "recreate"])
@pytest.mark.parametrize("backend", ["sqlite-file", "postgresql"])
def test_project_has_no_module_of_the_harness_that_nothing_uses(
    render: Renderer, backend: str, isolation: str
) -> None:
    project = render(backend=backend, isolation=isolation)
    harness = project.root / "tests" / "harness"
    texts = {path.stem: path.read_text() for path in harness.glob("*.py")}
    # pytest looks for these; a program starts the server; `migrations.py` takes the one
    # for the database's name.
    unused = texts.keys() - {"__init__", "conftest", "keeper", "plugin"}
    unused -= {f"schema_{backend.partition('-')[0]}"}
    for name, text in texts.items():
        unused -= {
            other for other in unused - {name} if re.search(rf"\b{other}\b", text)
        }

    assert {name for name in unused if not name.startswith("test_")} == set()
