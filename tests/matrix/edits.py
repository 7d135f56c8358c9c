"""What a user does to a project, by file: files of their own, and edits in others.

All of it fits every answer. An edit is what is replaced, and by what; nothing is
replaced at the end of the file.
"""

PACKAGE = "src/task_tracker"

# Files of the user's own, some of them with names that the harness has, too.
FILES = {
    f"{PACKAGE}/models/invoice.py": '''"""A model of the user's own."""

from sqlmodel import Field

from .base import Base


class Invoice(Base, table=True):
    """An invoice."""

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
''',
    f"{PACKAGE}/repository.py": '''"""What Python 3.12 has another syntax for."""

from typing import Generic, TypeAlias, TypeVar

Item = TypeVar("Item")
Names: TypeAlias = list[str]


class Repository(Generic[Item]):
    """Items by their names."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def names(self) -> Names:
        """Return the names."""
        return sorted(self.items)


def first(items: list[Item]) -> Item:
    """Return the first item."""
    return items[0]
''',
    "migrations/versions/0002_invoices.py": '''"""Invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("invoice")
''',
    "tests/leaks.py": '''"""Fixtures."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice


@pytest.fixture
async def invoice(session: AsyncSession) -> Invoice:
    """An invoice."""
    invoice = Invoice(number="2030-1")
    session.add(invoice)
    await session.commit()
    return invoice
''',
    "tests/plugin.py": '"""Not the harness."""\n',
    "tests/test_queries.py": '''"""Invoices."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice
from task_tracker.repository import Repository, first


async def test_invoice_is_stored(session: AsyncSession, invoice: Invoice) -> None:
    await session.refresh(invoice)

    assert invoice.number == "2030-1"


@pytest.mark.real_commits
async def test_two_sessions_write(
    session_factory: async_sessionmaker[AsyncSession],
) -> None:
    for number in ("1", "2"):
        async with session_factory() as session:
            session.add(Invoice(number=number))
            await session.commit()


@pytest.mark.postgresql
async def test_arithmetic(session: AsyncSession) -> None:
    connection = await session.connection()

    assert await connection.scalar(text("SELECT 1 + 1")) == 2


@pytest.mark.slow
def test_repository() -> None:
    repository = Repository[Engine]()
    assert repository.names() == []
    assert first(["a", "b"]) == "a"
''',
}

# Edits in files of the user's own.
OWN = {
    ".env.example": ("", "SMTP_HOST=localhost\n"),
    ".gitattributes": ("", "*.png binary\n"),
    ".gitignore": ("", "/secrets/\n"),
    "AGENTS.md": ("", "\nAsk first.\n"),
    "LICENSE": ("", "\nAnd one more clause.\n"),
    "README.md": (
        "| `assert_queries` |",
        "| `invoice` | an invoice |\n| `assert_queries` |",
    ),
    f"{PACKAGE}/__init__.py": ("", '\n__version__ = "0.2.0"\n'),
    f"{PACKAGE}/api/health.py": ("", "# Mine.\n"),
    f"{PACKAGE}/api/main.py": ('title="Task Tracker"', "title='Mine'"),
    f"{PACKAGE}/models/__init__.py": ("", "from .invoice import Invoice as Invoice\n"),
    f"{PACKAGE}/models/base.py": ("", "# Mine.\n"),
    f"{PACKAGE}/schemas/__init__.py": ("", "# Mine.\n"),
    f"{PACKAGE}/services/__init__.py": ("", "# Mine.\n"),
    f"{PACKAGE}/settings.py": (
        "    # The pool of",
        "    smtp_host: str = 'localhost'\n\n    # The pool of",
    ),
    "tests/conftest.py": (
        'under test.\n"""\n',
        'under test.\n"""\n\nfrom .leaks import invoice as invoice\n',
    ),
    "tests/test_api.py": (
        "",
        "\n\ndef test_title(app: FastAPI) -> None:\n    assert app.title == 'Mine'\n",
    ),
}

# Edits in files that are shared with the template: the usual ones.
_FUNCTION = '''

def {name}() -> str:
    """Return a text."""
    return 'mine'
'''
_MARK = ("# One event loop", "{0}\n# One event loop")
SHARED = {
    ".editorconfig": [("", "\n[*.sql]\nindent_size = 2\n")],
    ".github/workflows/ci.yml": [
        ("\nenv:\n", "\nenv:\n  PIP_NO_INPUT: '1'\n"),
        ("      - name: Tests\n", "      - run: sudo true\n      - name: Tests\n"),
        ("        # group: [1, 2, 3]\n", "        group: [1]\n"),
        ("\n\n  checks:\n", "\n      - run: echo tested\n\n  checks:\n"),
        (
            "",
            "      - run: uv run codespell\n\n  deploy:\n    needs: tests\n"
            "    runs-on: ubuntu-24.04\n    steps:\n      - run: echo deployed\n",
        ),
    ],
    ".gitlab-ci.yml": [
        ("\n\nvariables:\n", "\n\nvariables:\n  PIP_NO_INPUT: '1'\n"),
        ("    - uv run mypy\n", "    - uv run mypy\n    - uv run codespell\n"),
        ("", "\ndeploy:\n  needs: [tests]\n  script:\n    - echo deployed\n"),
    ],
    ".pre-commit-config.yaml": [
        (
            "repos:\n",
            "repos:\n  - repo: https://github.com/crate-ci/typos\n    rev: v1.30.0\n"
            "    hooks:\n      - id: typos\n",
        ),
        (
            "",
            "      - id: codespell\n        name: codespell\n"
            "        entry: uv run codespell\n        language: system\n",
        ),
    ],
    "migrations/env.py": [("async def main", "# Mine.\nasync def main")],
    "migrations/script.py.mako": [("", "# Mine.\n")],
    "pyproject.toml": [
        ('version = "0.1.0"', 'version = "0.2.0"'),
        ("dependencies = [\n", 'keywords = ["tasks"]\ndependencies = [\n'),
        (
            "\n# https://packaging.python.org/en/latest/specifications/dep",
            '\n[project.scripts]\ntasks = "task_tracker.repository:first"\n\n# https://packaging.python.org/en/latest/specifications/dep',
        ),
        ("line-length = 88", "line-length = 100"),
        ('    "W", # white space\n', '    "W", # white space\n    "Q",\n    "PERF",\n'),
        (
            "[tool.ruff.lint.pydocstyle]",
            "[tool.ruff.lint.flake8-quotes]\ninline-quotes = 'single'\n\n"
            "[tool.ruff.format]\nquote-style = 'single'\n\n[tool.ruff.lint.pydocstyle]",
        ),
        (
            "",
            '\n[[tool.mypy.overrides]]\nmodule = "celery.*"\n'
            "ignore_missing_imports = true\n\n[tool.codespell]\nskip = '*.lock'\n",
        ),
    ],
    "renovate.json": [("}\n}\n", '},\n  "schedule": ["before 4am on monday"]\n}\n')],
    f"{PACKAGE}/database.py": [("", _FUNCTION.format(name="name_of_the_database"))],
    f"{PACKAGE}/sqlite.py": [("", _FUNCTION.format(name="version_of_sqlite"))],
}

# Pytest's configuration, in either file.
PYTEST = {
    "pyproject.toml": [
        (
            '    "-p", "tests.harness.plugin",\n',
            '    "-p", "tests.harness.plugin",\n    "-ra",\n',
        ),
        ('package.module",\n', 'package.module",\n    "ignore:.*slow:UserWarning",\n'),
        (
            'test_loop_scope = "session"\n',
            'test_loop_scope = "session"\nmarkers = ["slow: takes a while"]\n',
        ),
    ],
    "pytest.ini": [
        ("    -p tests.harness.plugin\n", "    -p tests.harness.plugin\n    -ra\n"),
        ("package.module\n", "package.module\n    ignore:.*slow:UserWarning\n"),
        ("", "markers =\n    slow: takes a while\n"),
    ],
}

# What the user renames, and deletes.
RENAMED = {"tests/test_task_service.py": "tests/test_services.py"}
DELETED = ["tests/test_models.py", "tests/test_settings.py"]
