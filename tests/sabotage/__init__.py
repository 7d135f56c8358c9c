"""Breaks: changes to rendered projects that their own tests have to notice.

A suite that stays green whatever happens to the harness, or to the application's way
to the database, proves nothing. Each file has the breaks of one strategy or subject:
first what all of them share, then the breaks of each file of a project.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

# The databases that a break is tried on.
BACKENDS = {
    "memory": ("sqlite-memory",),
    "file": ("sqlite-file",),
    "sqlite": ("sqlite-memory", "sqlite-file"),
    "postgresql": ("postgresql",),
    "each": ("sqlite-memory", "postgresql"),
    "all": ("sqlite-memory", "sqlite-file", "postgresql"),
}
ANSWERS = {"isolation": "rollback", "migrations": "alembic", "example": False}
ANSWERS |= {"api": "none", "factories": "none", "coverage": "none"}


@dataclass(frozen=True)
class Break:
    """A change that breaks a project: `old`, in its file `file`, becomes `new`.

    Without `new`, a condition becomes false, and anything else goes. An empty `old`
    stands for a new file. A file without a folder is the harness's. One test has to
    fail: `noticed_by`, written `file::test` without `test_`, as far as its name is
    needed, or `file` for any test. The file is one of the project's, or a scenario,
    which is then added to it. `says` has to stand in the output; it tells why where no
    test is left that passes. `status` is what the run ends with; a usage error ends it
    before the first test.
    """

    subject: str
    what: str
    file: str
    old: str
    noticed_by: str
    answers: tuple[tuple[str, Any], ...]
    new: str | None = None
    where: str = "all"
    options: tuple[str, ...] = ()
    says: str = ""
    status: str = pytest.ExitCode.TESTS_FAILED.name

    @property
    def backends(self) -> tuple[str, ...]:
        """The databases to try it on: the first one shows it as well as any."""
        return BACKENDS[self.where]

    @property
    def replacement(self) -> str:
        """What `old` becomes."""
        condition = re.fullmatch(r"(if|elif) .*:", self.old)
        default = f"{condition[1]} False:" if condition else ""
        return default if self.new is None else self.new


def _breaks_of(path: Path) -> list[Break]:
    shared = yaml.safe_load(path.read_text())
    files: dict[str, list[dict[str, Any]]] = shared.pop("breaks")
    found = []
    for file, rows in files.items():
        for row in rows:
            one = shared | {"options": ()} | row
            answers = {name: one.pop(name, ANSWERS[name]) for name in ANSWERS}
            one["options"] = tuple(one["options"])
            where = file if "/" in file or file[0] == "." else f"tests/harness/{file}"
            where = "pyproject.toml" if file == "pyproject.toml" else where
            found.append(
                Break(path.stem, file=where, answers=tuple(answers.items()), **one)
            )
    return found


BREAKS = [
    broken
    for path in sorted(Path(__file__).parent.glob("*.yml"))
    for broken in _breaks_of(path)
]
