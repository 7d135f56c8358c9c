"""The commands in this README, and in a rendered project's, work as written."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.postgresql import create_database
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import ANSWERS_FILE, Value
from .matrix.runner import run_pytest

# Whoever follows these needs the network, or waits forever: test_api.py serves.
ELSEWHERE = ("uv add --dev squawk-cli", "uv lock --check", "uv run fastapi dev")
IMPORT = re.compile(r"^(?:from|import) .*\n+", re.MULTILINE)


def blocks(readme: str) -> list[tuple[str, str]]:
    """Return the language and the text of every block of code in a README."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    """Return the lines of all shell blocks in a README."""
    shell = [text for language, text in blocks(readme) if language == "sh"]
    return "".join(shell).splitlines()


class Newcomer:
    """Does what the README of a project says, from top to bottom."""

    def __init__(self, project: Project, database: str, cache: Path) -> None:
        self._project, self._database, self._cache = project, database, cache
        self.commands: list[str] = []

    def follow(self) -> None:
        """Follow the README; what is written as an ellipsis is made up."""
        pages = self._project.files("README.md")
        pages = [page for page in pages if page.parent.name in ("", "support")]
        readme = "".join(map(self._project.read, pages))
        for language, text in blocks(readme):
            path = re.match(r"# (\S+)\n", text)
            if language == "sh":
                for line in text.splitlines():
                    for command in line.split(" && "):
                        self.run(shlex.split(command, comments=True))
            elif path:
                self.write(path[1], text.removeprefix(path[0]))
            else:
                self.add("tests/conftest.py", text.replace("[...]", "[]"))
        self.run(["uv", "run", "ruff", "check"])
        self.run(["uv", "run", "ruff", "format", "--check"])
        self.run(["uv", "run", "mypy"])
        self.run(["uv", "run", "pytest"])

    def run(self, command: list[str]) -> None:
        """Run a command, in the environment that all tests share instead of uv's."""
        project = self._project
        self.commands.append(shlex.join(command))
        if shlex.join(command) in ELSEWHERE:
            return
        if command[0] == "cp":
            text = project.read(command[1])
            url = re.sub("DATABASE_URL=.*", f"DATABASE_URL={self._database}", text)
            (project.root / command[2]).write_text(url)
            return
        if "|" in command:
            project.run(
                "sh",
                "-c",
                shlex.join(command).replace("uv run ", "").replace("'|'", "|"),
            )
            return
        uv, run, tool, *arguments = command
        assert (uv, run) == ("uv", "run"), command
        if tool == "pytest":
            done = run_pytest(project.root, arguments)
            if done.status:
                project.fail(f"exit status {done.status}", command, done.output)
        else:
            project.run(tool, *arguments, MYPY_CACHE_DIR=self._cache)

    def write(self, path: str, text: str) -> None:
        """Write a module, or add to one; register a model as the README says."""
        if (self._project.root / path).exists():
            self.add(path, text)
        else:
            (self._project.root / path).write_text(text)
        if "/models/" in path:
            package = (self._project.root / path).parent / "__init__.py"
            [name] = re.findall(r"^class (\w+)", text, re.MULTILINE)
            before = package.read_text()
            module = f"from .{Path(path).stem} import {name}\n"
            after = before.replace("import Base\n", f"import Base\n{module}")
            after = after.replace('"Base"', f'"Base", "{name}"')
            package.write_text(after)
            self.run(["uv", "run", "ruff", "check", "--fix", str(package)])
            self.run(["uv", "run", "ruff", "format", str(package)])

    def add(self, path: str, text: str) -> None:
        """Add text to the end of a module, and its imports to the others."""
        file = self._project.root / path
        imports, rest = "".join(IMPORT.findall(text)), IMPORT.sub("", text)
        if "AsyncSession" in rest:
            imports = "from sqlmodel.ext.asyncio.session import AsyncSession\n"
        docstring, quotes, body = file.read_text().partition('"""\n')
        file.write_text(f"{docstring}{quotes}\n{imports}{body}\n\n{rest}")
        self.run(["uv", "run", "ruff", "check", "--fix", path])
        self.run(["uv", "run", "ruff", "format", path])


@pytest.mark.one_of("answers", first=True)
@pytest.mark.parametrize(
    "answers",
    [
        {
            "backend": "sqlite-and-postgresql",
            "postgres_driver": "psycopg",
            "isolation": "truncate",
            "factories": "polyfactory",
        },
        {"backend": "sqlite-file", "coverage": "html", "pytest_config": "pytest-ini"},
        {"backend": "postgresql", "factories": "factory-boy", "example": False},
        {"api": "fastapi", "isolation": "snapshot", "factories": "factory-boy"},
        {"factories": "factory-boy", "migrations": "none", "isolation": "recreate"},
        {"factories": "polyfactory", "example": False, "coverage": "none"},
        {"migrations": "none", "example": False, "isolation": "snapshot"},
    ],
    ids=lambda answers: "-".join(map(str, answers.values())),
)
def test_newcomer_who_follows_the_readme_gets_there(
    render: Renderer, own: Path, tmp_path: Path, server: int, answers: dict[str, Value]
) -> None:
    project = render(**answers).copy(tmp_path / "project")
    database = "sqlite:///newcomer.db"
    if "postgresql" in str(project.answers["backend"]):
        database = create_database(server, f"newcomer_{project.root.parent.name}")
    newcomer = Newcomer(project, database, own / "mypy")
    newcomer.follow()

    assert "uv run pytest" in newcomer.commands
    assert (project.root / "tests" / "test_notes.py").exists()


@pytest.mark.every
def test_first_commands_work_as_written(render: Renderer, tmp_path: Path) -> None:
    project = render().copy(tmp_path / "project")
    [(_, start), *_] = blocks(project.read("README.md"))

    project.run("sh", "-exc", start, PYTHONPATH="", UV_NO_PROGRESS="1")


@pytest.mark.every
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
