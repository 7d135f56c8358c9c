"""Folders with what is measured, and the models of the template's example, or more."""

import shutil
from pathlib import Path

from jinja2 import Template

from tests.matrix.projects import Renderer

from .measuring import SUBJECTS
from .plan import POSTGRESQL, PSYCOPG, STRATEGIES, Task

PACKAGE = Path("src", "task_tracker")
EXAMPLES = 3  # the tables of the template's example
# Tutorials have a loop for each test; one loop for all is faster.
SETTINGS = """[pytest]
pythonpath = .
asyncio_mode = auto
asyncio_default_fixture_loop_scope = {scope}
asyncio_default_test_loop_scope = {scope}
"""


class Projects:
    """The folders, each made when it is first asked for."""

    def __init__(self, render: Renderer, folder: Path, server: Path) -> None:
        self._render = render
        self._folder = folder
        self._server = server

    def make(self, subject: str, backend: str, tables: int) -> Path:
        """Return a folder in which the suites can be run on `subject`.

        That is one of the strategies, in a project as users get it, one of `subjects/`
        or, without fixtures, anything else. The first has, in `tests/recipe/`, the same
        tests with the recipe's fixtures in place of the harness's.
        """
        folder = self._folder / f"{subject}-{backend}-{tables}".replace(
            " ", "-"
        ).replace(",", "")
        if folder.exists():
            return folder
        if subject in STRATEGIES:
            # No migration makes the tables that are added below.
            how = "none" if tables > EXAMPLES else "alembic"
            answers = {"backend": backend, "isolation": subject, "migrations": how}
            if backend == PSYCOPG:
                answers |= {"backend": POSTGRESQL, "postgres_driver": "psycopg"}
            project = self._render(**answers)
            project.copy(folder)
            _add_tests(folder / "tests" / "recipe", "recipe")
        else:
            shutil.copytree(self._render().root / PACKAGE, folder / PACKAGE)
            scope = "function" if subject == "tutorial" else "session"
            (folder / "pytest.ini").write_text(SETTINGS.format(scope=scope))
        _add_tests(folder / "tests", subject)
        if tables > EXAMPLES:
            models = folder / PACKAGE / "models"
            more = Template((SUBJECTS / "more.py.jinja").read_text())
            (models / "more.py").write_text(more.render(tables=tables - EXAMPLES))
            with (models / "__init__.py").open("a") as module:
                module.write("\nfrom . import more as more\n")
        return folder

    def variables(self, task: Task) -> dict[str, str]:
        """Return the variables that lead a task's suite to its database.

        For PostgreSQL that is the server of this run, the same for all subjects; only
        what measures the start of a suite starts its own.
        """
        if not task.backend or task.part == "start":
            return {}
        server = f"?host={self._server}"
        urls = {
            "sqlite-memory": "sqlite+aiosqlite:///:memory:",
            "sqlite-file": f"sqlite+aiosqlite:///{self._folder / task.subject}.db",
            POSTGRESQL: f"postgresql+asyncpg://postgres@/postgres{server}",
            PSYCOPG: f"postgresql+psycopg://postgres@/postgres{server}",
        }
        found = {"BENCHMARK_DATABASE_URL": urls[task.backend]}
        found["BENCHMARK_SERVER"] = str(self._server)
        if task.subject in STRATEGIES and task.backend in (POSTGRESQL, PSYCOPG):
            url = f"postgresql://postgres@/{task.subject}_test{server}"
            found["TEST_DATABASE_URL"] = url
        return found


def _add_tests(folder: Path, subject: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    fixtures = SUBJECTS / f"{subject}.py"
    if fixtures.exists():
        shutil.copy(fixtures, folder / "conftest.py")
    for test in SUBJECTS.glob("test_*.py"):
        shutil.copy(test, folder)
