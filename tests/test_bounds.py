"""What projects declare to depend on: the lowest versions are enough, the newest fine.

Whatever Python a project may choose is tried, if it is installed here.
"""

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.checks import requirements
from .matrix.combinations import Combinations
from .matrix.facts import BOTH, PYTHONS
from .matrix.projects import Renderer
from .matrix.questionnaire import Answers

EACH: Answers = {"backend": BOTH, "api": "fastapi"}
# Together they depend on everything that any project depends on.
PROJECTS: list[Answers] = [
    {"postgres_driver": "asyncpg", "factories": "factory-boy", **EACH},
    {"postgres_driver": "psycopg", "factories": "polyfactory", **EACH},
]


def cases() -> Iterator[tuple[str, str, Answers]]:
    """Yield Pythons, each with both ends of what is declared, and a project."""
    for number, version in enumerate(PYTHONS):
        # It takes long, so only the oldest Python tries both projects.
        projects = PROJECTS if number == 0 else [PROJECTS[number % 2]]
        for end, answers in itertools.product(["lowest-direct", "highest"], projects):
            yield version, end, answers


def interpreter(version: str) -> str:
    """Return the path of an installed Python, or nothing if there is none."""
    # In a folder where it was not chosen, pyenv hides a Python.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    hidden = map(str, pyenv.glob(f"versions/{version}.*/bin"))
    path = os.pathsep.join([environment.variables()["PATH"], *hidden])
    command = [environment.program("uv"), "python", "find", "--no-python-downloads"]
    command += ["--no-project", version]
    return environment.run(environment.REPOSITORY, *command, PATH=path).stdout.strip()


def test_projects_depend_on_all_that_any_depends_on(
    render: Renderer, combinations: Combinations
) -> None:
    any_needs = {r for row in combinations.pairs for r in requirements(render(**row))}
    needed = {r for row in PROJECTS for r in requirements(render(**row))}

    assert needed == any_needs


@pytest.mark.every
@pytest.mark.parametrize(
    ("version", "end", "answers"),
    [*cases()],
    ids=lambda value: value if isinstance(value, str) else value["postgres_driver"],
)
def test_suite_and_tools_pass_on_both_ends_of_what_is_declared(
    render: Renderer, tmp_path: Path, version: str, end: str, answers: Answers
) -> None:
    python = interpreter(version)
    if not python:
        pytest.skip(f"Python {version} was not found")
    project = render(**answers).copy(tmp_path / "project")
    uv, programs = environment.program("uv"), Path(".venv", "bin")

    project.run(uv, "venv", "--no-python-downloads", "--python", python)
    install = [uv, "pip", "install", "--resolution", end, "--python", ".venv"]
    project.run(*install, "--editable", ".", "--group", "dev")
    project.run(programs / "ruff", "check")
    project.run(programs / "ruff", "format", "--check")
    project.run(programs / "mypy", PYTHONPATH="")
    suite = ["-n", "2", "--database", "all", "--cov"]
    # Nothing that is declared is switched off, as it is elsewhere.
    variables = {"PYTHONPATH": "", "PYTEST_ADDOPTS": ""}
    done = project.run(programs / "pytest", *suite, **variables)
    assert re.search(r"^=+ \d+ passed in .* =+$", done.stdout, re.MULTILINE)
