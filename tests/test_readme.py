"""The commands in this README, and in a rendered project's, work as written."""

import re
import shlex
import shutil
from pathlib import Path
from textwrap import indent

import pytest

from .matrix import environment
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Value
from .matrix.runner import run_pytest

# Who follows these needs a second Python environment, a server, or the network.
WITHOUT_UV = ("python3 -m venv", ".venv/bin/")
COPY_SETTINGS = "cp .env.example .env"
ELSEWHERE = (*WITHOUT_UV, "export TEST_DATABASE_URL", "uvx copier update")


def blocks(readme: str, language: str) -> list[str]:
    """Return what the blocks in a language hold, in a README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    """Return the different lines of all shell blocks in a README."""
    return list(dict.fromkeys(filter(None, "".join(blocks(readme, "sh")).splitlines())))


@pytest.mark.parametrize(
    "answers",
    [
        {"backend": "sqlite-file", "coverage": "html", "pytest_config": "pytest-ini"},
        {"backend": "postgresql", "coverage": "none", "example": False},
        {"backend": "sqlite-and-postgresql", "isolation": "truncate"},
    ],
    ids=lambda answers: "-".join(map(str, answers.values())),
)
def test_commands_work_in_the_shared_environment(
    render: Renderer, own: Path, tmp_path: Path, server: int, answers: dict[str, Value]
) -> None:
    project = render(**answers).copy(tmp_path / "project")
    lines = commands(project.read("README.md"))
    assert "uv run pytest" in lines

    for line in lines:
        if line.startswith(ELSEWHERE):
            continue
        if line == COPY_SETTINGS:
            settings = project.read(".env.example")
            settings = settings.replace(
                "localhost:5432/task_tracker", f"127.0.0.1:{server}/postgres"
            )
            (project.root / ".env").write_text(settings)
            continue
        uv, run, tool, *arguments = shlex.split(line)
        assert (uv, run) == ("uv", "run"), line
        if tool == "pytest":
            done = run_pytest(project.root, arguments)
            assert done.status == 0, f"{line}\n{done.output}"
        else:
            project.run(tool, *arguments, MYPY_CACHE_DIR=own / "mypy")
    body = blocks(project.read("README.md"), "python")[0]
    if project.answers["example"]:
        # The tables are those that the command has made.
        body = body.replace("await database.create_tables(engine)", "")
        query = "SELECT * FROM task"
        body = body.replace("...", f"await session.exec(sqlmodel.text({query!r}))")
    program = f"import asyncio, sqlmodel\nasync def main():\n{indent(body, '    ')}"
    project.run("python", "-c", f"{program}\nasyncio.run(main())")


@pytest.mark.parametrize(
    "start", [(COPY_SETTINGS, "uv run"), WITHOUT_UV], ids=["uv", "no uv"]
)
def test_commands_work_as_written(
    render: Renderer, tmp_path: Path, start: tuple[str, ...]
) -> None:
    project = render().copy(tmp_path / "project")
    lines = [x for x in commands(project.read("README.md")) if x.startswith(start)]
    assert lines

    script = "\n".join(["set -ex", *lines])
    project.run("sh", "-c", script, PYTHONPATH="", UV_NO_PROGRESS="1")


def test_command_that_scaffolds_works_as_written(
    template: Path, tmp_path: Path
) -> None:
    readme = (environment.REPOSITORY / "README.md").read_text()
    [line] = [x for x in commands(readme) if "copier" in x]
    install, command = line.split(" && ")
    assert install == "pip install uv"  # the environment of the tests has it
    clone = tmp_path / "clone"
    shutil.copytree(template, clone)

    run = environment.run(clone, "sh", "-c", f"{command} --defaults")

    assert run.returncode == 0, run.stderr
    answers = (tmp_path / "my-project" / ANSWERS_FILE).read_text()
    assert f"_src_path: {clone}\n" in answers  # absolute, as `copier update` needs
