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
CREATE = "createdb -h localhost"  # on a server that is not that of the tests
REMOVAL = "## Remove the example\n"  # test_remove_example.py does what is below it
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
        """Follow the README and what it links to; an ellipsis is made up."""
        pages = ("README.md", "docs/models.md", "migrations/support/README.md")
        for page in pages:
            if (self._project.root / page).exists():
                self.follow_page(self._project.read(page).partition(REMOVAL)[0])
        tests = ["uv", "run", "pytest"]
        if self._project.answers["backend"] == "sqlite-and-postgresql":
            tests += ["--database", "all"]
        self.run(["uv", "run", "ruff", "check"])
        self.run(["uv", "run", "ruff", "format", "--check"])
        self.run(["uv", "run", "mypy"])
        self.run(tests)

    def follow_page(self, page: str) -> None:
        """Run the commands of a page, and write what it shows."""
        for language, text in blocks(page):
            path = re.match(r"# (\S+)\n", text)
            if language == "sh":
                for line in text.splitlines():
                    for command in line.split(" && "):
                        self.run(shlex.split(command, comments=True))
            elif path:
                self.write(path[1], text.removeprefix(path[0]))
            else:
                self.add("tests/conftest.py", text.replace("[...]", "[]"))

    def run(self, command: list[str]) -> None:
        """Run a command, in the environment that all tests share instead of uv's."""
        project = self._project
        self.commands.append(shlex.join(command))
        if shlex.join(command).startswith((*ELSEWHERE, CREATE)):
            return
        if command[0] == "cp":
            text = project.read(command[1])
            url = re.sub("DATABASE_URL=.*", f"DATABASE_URL={self._database}", text)
            (project.root / command[2]).write_text(url)
            return
        if command[0] == "rm":
            project.run("sh", "-c", " ".join(command))
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
        """Write a module, or add to one."""
        if (self._project.root / path).exists():
            self.add(path, text)
        else:
            (self._project.root / path).write_text(text)

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


def database_for(project: Project, server: int) -> str:
    """Return the URL of an empty database for the application."""
    if "postgresql" in str(project.answers["backend"]):
        return create_database(server, f"newcomer_{project.root.parent.name}")
    return "sqlite:///newcomer.db"


@pytest.mark.one_of("answers", first=True)
@pytest.mark.parametrize(
    "answers",
    [
        {
            "api": "fastapi",
            "backend": "sqlite-and-postgresql",
            "postgres_driver": "psycopg",
            "isolation": "truncate",
            "factories": "polyfactory",
        },
        {"backend": "sqlite-file", "coverage": "html", "pytest_config": "pytest-ini"},
        {
            "api": "fastapi",
            "backend": "postgresql",
            "factories": "factory-boy",
            "example": False,
        },
        {"api": "fastapi", "isolation": "snapshot", "factories": "factory-boy"},
        {"factories": "factory-boy", "migrations": "none", "isolation": "recreate"},
        {"factories": "polyfactory", "example": False, "coverage": "none"},
        {
            "api": "fastapi",
            "migrations": "none",
            "example": False,
            "isolation": "snapshot",
        },
    ],
    ids=lambda answers: "-".join(map(str, answers.values())),
)
def test_newcomer_who_follows_the_readme_gets_there(
    render: Renderer, own: Path, tmp_path: Path, server: int, answers: dict[str, Value]
) -> None:
    project = render(**answers).copy(tmp_path / "project")
    newcomer = Newcomer(project, database_for(project, server), own / "mypy")
    newcomer.follow()

    assert "uv run pytest" in newcomer.commands
    for name in ("test_notes.py", "test_folders.py"):
        assert (project.root / "tests" / name).exists()


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
    shutil.copytree(template, clone, symlinks=True)

    run = environment.run(clone, "sh", "-c", f"{command} --defaults")

    assert run.returncode == 0, run.stderr
    answers = (tmp_path / "my-project" / ANSWERS_FILE).read_text()
    assert f"_src_path: {clone}\n" in answers  # absolute, as `copier update` needs
