"""The harness as it lies in the template: plain files, few lines, and sound."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.projects import Renderer

INCLUDING = {"application.py.jinja", "environment.py.jinja"}
LONGEST = 260


@pytest.fixture
def harness(template: Path) -> Path:
    """The harness's folder in the template."""
    return template / "template" / "tests" / "harness"


def test_one_short_module_knows_what_was_chosen_and_the_others_have_no_tags(
    harness: Path,
) -> None:
    tagged = {
        p.name for p in harness.glob("*.py*") if re.search("{[{%]", p.read_text())
    }
    chosen = (harness / "chosen.py.jinja").read_text()

    assert tagged == INCLUDING | {"chosen.py.jinja"}
    assert tagged == {p.name for p in harness.glob("*.py.jinja")}
    for name in INCLUDING:  # the application's part, which is not the harness's
        assert (harness / name).read_text().count("{%") == 1
    assert chosen.count("\n") <= 27


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
