"""The commands in this README, and in a rendered project's, work as written."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.projects import ANSWERS_FILE, Project, Renderer
from .matrix.questionnaire import Value
from .matrix.runner import run_pytest

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Who follows these needs a server, or a second Python environment, or the network.
ELSEWHERE = ("export TEST_DATABASE_URL", "uvx ", "python3 -m venv", ".venv/bin/")


def commands(project: Project) -> list[str]:
    """Return the lines of all shell blocks in the project's README."""
    blocks = BLOCK.findall(project.read("README.md"))
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.mark.parametrize(
    "answers",
    [
        {"backend": "sqlite-file", "coverage": "html", "pytest_config": "pytest-ini"},
        {"backend": "postgresql", "coverage": "none", "example": False},
        {"backend": "sqlite-and-postgresql", "isolation": "snapshot"},
    ],
    ids=lambda answers: "-".join(map(str, answers.values())),
)
def test_commands_work_in_the_shared_environment(
    render: Renderer,
    own: Path,
    tmp_path: Path,
    answers: dict[str, Value],
) -> None:
    project = render(**answers).copy(tmp_path / "project")
    lines = commands(project)
    assert any(line.startswith("uv run pytest") for line in lines)

    for line in dict.fromkeys(lines):
        if line.startswith(ELSEWHERE):
            continue
        uv, run, tool, *arguments = shlex.split(line)
        assert (uv, run) == ("uv", "run"), line
        if tool == "pytest":
            done = run_pytest(project.root, arguments)
            assert done.status == 0, f"{line}\n{done.output}"
        else:
            project.run(tool, *arguments, MYPY_CACHE_DIR=own / "mypy")


def test_commands_work_as_written(render: Renderer, tmp_path: Path) -> None:
    project = render().copy(tmp_path / "project")
    lines = [line for line in commands(project) if not line.startswith(ELSEWHERE)]

    script = "\n".join(["set -ex", *dict.fromkeys(lines)])
    project.run("sh", "-c", script, PYTHONPATH="", UV_NO_PROGRESS="1")


def test_commands_without_uv_work_as_written(render: Renderer, tmp_path: Path) -> None:
    project = render().copy(tmp_path / "project")
    lines = [x for x in commands(project) if x.startswith(("python3 -m", ".venv/"))]
    assert lines

    project.run("sh", "-c", "\n".join(["set -ex", *lines]), PYTHONPATH="")


def test_command_for_updates_is_the_one_that_is_tested(render: Renderer) -> None:
    assert [x for x in commands(render()) if x.startswith("uvx")] == [
        "uvx copier update"
    ]
    assert program("copier")


def test_command_that_scaffolds_works_as_written(
    template: Path, tmp_path: Path
) -> None:
    readme = (environment.REPOSITORY / "README.md").read_text()
    [line] = [x for x in "".join(BLOCK.findall(readme)).splitlines() if "copier" in x]
    install, command = line.split(" && ")
    assert install == "pip install uv"  # the environment of the tests has it
    clone = tmp_path / "clone"
    shutil.copytree(template, clone)

    run = environment.run(clone, "sh", "-c", f"{command} --defaults")

    assert run.returncode == 0, run.stderr
    answers = (tmp_path / "my-project" / ANSWERS_FILE).read_text()
    assert f"_src_path: {clone}\n" in answers  # absolute, as `copier update` needs
