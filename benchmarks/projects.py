"""Folders with what is measured.

All have the models of the template's example, and as many more as asked for.
"""

import functools
import re
import shutil
from pathlib import Path

from tests.matrix.projects import Renderer

from .measuring import SUBJECTS

STRATEGIES = ("rollback", "snapshot", "truncate", "recreate")
BACKENDS = ("sqlite-memory", "sqlite-file", "postgresql")
PACKAGE = "task_tracker"

EXAMPLES = 3  # the tables of the template's example

HEAD = '''"""More tables."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from .base import UTCDateTime, checked_enum, utc_now
from .task import TaskStatus
'''
MODEL = '''

class Table{number}(SQLModel, table=True):
    """A table like that of the tasks."""

    id: int = Field(default=None, primary_key=True)
    title: str = Field(min_length=1, max_length=200)
    status: TaskStatus = Field(
        default=TaskStatus.PENDING,
        sa_column=Column(checked_enum(TaskStatus, "status"), nullable=False),
    )
    project_id: int = Field(foreign_key="project.id", index=True)
    created_by_id: int = Field(foreign_key="worker.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UTCDateTime)
'''


class Projects:
    """The folders, each made when it is first asked for."""

    def __init__(self, render: Renderer, folder: Path, server: Path) -> None:
        self._render = render
        self._folder = folder
        self._server = server

    @functools.cache  # noqa: B019 - there is one object, for the whole run
    def make(self, subject: str, backend: str, tables: int) -> Path:
        """Return a folder in which the suites can be run on `subject`.

        That is one of the strategies, in a project as users get it, or one of
        `subjects/`.
        """
        folder = self._folder / f"{subject}-{backend}-{tables}"
        package = Path("src") / PACKAGE
        if subject in STRATEGIES:
            self._render(backend=backend, isolation=subject).copy(folder)
        else:
            shutil.copytree(self._render().root / package, folder / package)
            (folder / "tests").mkdir()
            (folder / "tests" / "__init__.py").touch()
            shutil.copy(SUBJECTS / f"{subject}.py", folder / "tests" / "conftest.py")
            shutil.copy(SUBJECTS / f"{subject}.ini", folder / "pytest.ini")
        models = folder / package / "models"
        if tables > EXAMPLES:
            (models / "more.py").write_text(_more_models(tables - EXAMPLES))
            with (models / "__init__.py").open("a") as module:
                module.write("\nfrom . import more as more\n")
        for test in SUBJECTS.glob("test_*.py"):
            shutil.copy(test, folder / "tests")
        return folder

    def variables(self, subject: str, backend: str) -> dict[str, str]:
        """Return the variables that lead a suite to its database.

        For PostgreSQL that is the server of this run, the same for all subjects.
        """
        name = re.sub(r"\W", "_", subject)
        postgresql = f"//postgres@/{name}_test?host={self._server}"
        if subject in STRATEGIES:
            if backend != "postgresql":
                return {}
            return {"TEST_DATABASE_URL": f"postgresql:{postgresql}"}
        urls = {
            "sqlite-memory": "sqlite+aiosqlite:///:memory:",
            "sqlite-file": f"sqlite+aiosqlite:///{self._folder / name}.db",
            "postgresql": f"postgresql+asyncpg:{postgresql}",
        }
        return {"BENCHMARK_DATABASE_URL": urls[backend]} if backend else {}


def _more_models(tables: int) -> str:
    return HEAD + "".join(MODEL.format(number=n) for n in range(1, tables + 1))
