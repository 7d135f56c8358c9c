"""Breaks: changes to rendered projects that their own tests have to notice.

A suite that stays green whatever happens to the harness, or to the application's way
to the database, proves nothing. Each module has the breaks of one strategy or subject.
"""

import re
from dataclasses import dataclass

import pytest

from ..matrix.facts import SINGLE_BACKENDS

HARNESS = "tests/harness"
LEAK = "leaks::leaky_test_fails_and_no_later_one"
POSTGRESQL = ("postgresql",)
SQLITE = tuple(backend for backend in SINGLE_BACKENDS if backend not in POSTGRESQL)
IN_MEMORY = ("sqlite-memory",)
ONE_OF_EACH = IN_MEMORY + POSTGRESQL


@dataclass(frozen=True)
class Break:
    """A change that breaks a project: `old`, in its file `file`, becomes `new`.

    Without `new`, a condition becomes false, and anything else goes. An empty `old`
    stands for a new file. One test has to fail for it: `noticed_by`, written
    `file::test` without `test_`, as far as its name is needed, or `file` for any test.
    The file is one of the project's, or a scenario, which is then added to it.
    `says` has to stand in the output; it tells why where no test is left that passes.
    `status` is what the run ends with; a usage error ends it before the first test.
    """

    what: str
    old: str
    noticed_by: str
    new: str | None = None
    file: str = f"{HARNESS}/plugin.py"
    backends: tuple[str, ...] = tuple(SINGLE_BACKENDS)
    isolation: str = "rollback"
    example: bool = False
    migrations: str = "alembic"
    api: str = "none"
    factories: str = "none"
    options: tuple[str, ...] = ()
    says: str = ""
    status: pytest.ExitCode = pytest.ExitCode.TESTS_FAILED

    @property
    def replacement(self) -> str:
        """What `old` becomes."""
        condition = re.fullmatch(r"(if|elif) .*:", self.old)
        default = f"{condition[1]} False:" if condition else ""
        return default if self.new is None else self.new
