"""Repositories that exist take the harness over, and can give it back."""

import dataclasses
import os
import re
import shutil
import sqlite3
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .matrix.environment import REPOSITORY, copier, program, run
from .matrix.facts import DRIVERS, STRATEGIES
from .matrix.postgresql import create_database
from .matrix.questionnaire import data
from .matrix.repositories import (
    CHANGED,
    MINE,
    changes,
    commit,
    git,
    refusal,
    update,
)
from .matrix.runner import Run, run_pytest
from .matrix.updating import edit

ADOPTED = REPOSITORY / "tests" / "adopted"
APPLICATIONS: dict[str, dict[str, Any]]
APPLICATIONS = tomllib.loads((ADOPTED / "applications.toml").read_text())
HARNESS, ANSWERS = "db_harness", ".copier-answers.db_harness.yml"
FITS = "The harness fits. Next: pytest db_harness\n"
WRAPPING = "\n\n@pytest.fixture\ndef {0}({0}):\n    return {0}\n"


@dataclass(frozen=True)
class Repository:
    """A git repository with an application, and the developers' database for it."""

    name: str
    root: Path
    source: Path  # the template
    server: int
    kind: str  # of the developers' database
    driver: str  # for PostgreSQL

    @property
    def about(self) -> dict[str, Any]:
        """What `applications.toml` says of the application."""
        return APPLICATIONS[self.name]

    @property
    def variables(self) -> dict[str, str]:
        """What tells the application where the developers' database is."""
        if self.kind == "sqlite":
            values = [f"sqlite+aiosqlite:///{self.root.parent}/developers.db"]
        elif len(self.about["variables"]) == 1:
            address = f"postgres@127.0.0.1:{self.server}/{self.name}"
            values = [f"postgresql+{self.driver}://{address}"]
        else:
            values = ["127.0.0.1", str(self.server), "postgres", "", self.name]
        names = [*self.about["variables"], "DB_DRIVER"]
        return dict(zip(names, [*values, self.driver], strict=True))

    def pytest(self, *arguments: str, **own: str) -> Run:
        """Run pytest as its developers do."""
        own = self.variables | {"PYTHONDONTWRITEBYTECODE": "1"} | own
        arguments = ("-q", "-p", "no:cacheprovider", *arguments)
        plugins = str(ADOPTED / "plugins")
        return run_pytest(self.root, arguments, PYTHONPATH=plugins, **own)

    def doctor(self, **own: str) -> str:
        """Return what the harness says of itself."""
        own = self.variables | {"PYTHONDONTWRITEBYTECODE": "1"} | own
        done = run(self.root, sys.executable, "-m", HARNESS, PYTHONPATH="", **own)
        assert (done.returncode == 0) == (done.stdout == FITS), done.stderr
        return done.stdout + done.stderr

    def left(self) -> str:
        """Return what a query gives in the developers' database."""
        query = self.about["left"][0]
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.root.parent / "developers.db")) as file:
                rows = file.execute(query).fetchall()
        else:
            url = f"postgresql://postgres@127.0.0.1:{self.server}/{self.name}"
            with psycopg.connect(url) as connection:
                rows = connection.execute(query).fetchall()
        return " ".join(str(value) for (value,) in rows)

    def adopt(self, *options: str, **answers: str) -> None:
        """Copy the harness into it, and change the lines that the message names."""
        answers |= {"scope": "harness", "postgres_driver": self.driver}
        given = data(self.about["answers"] | answers)
        done = copier(self.root, "copy", *given, *options, self.source, ".")
        assert done.returncode == 0, done.stderr
        new = changes(self.root)
        assert {path.split("/")[0] for path in new} == {HARNESS, ANSWERS}
        assert not git(self.root, "diff", "--name-only")
        self.configure()

    def configure(self, *, back: bool = False) -> None:
        """Change the lines of its configuration, or change them back."""
        for pair in self.about["lines"]:
            old, new = pair[::-1] if back else pair
            edit(self.root / self.about["configuration"], old, new)

    def use_fixtures(self) -> None:
        """Let its tests use the harness's fixtures instead of their own."""
        after = ADOPTED / self.name / "after"
        if after.exists():
            shutil.copytree(after, self.root, dirs_exist_ok=True)
        for file, old, new in self.about.get("tests", []):
            edit(self.root / file, old, new)


@pytest.fixture(scope="session")
def source(template: Path, own: Path) -> Path:
    """The template as a git repository with a version."""
    folder = shutil.copytree(template, own / "template", symlinks=True)
    commit(folder, "0.1.0")
    return folder


Make = Callable[..., Repository]


@pytest.fixture
def make(source: Path, server: int, tmp_path: Path) -> Make:
    """Makes a repository, and a new database: `make("shop", "postgresql")`."""

    def make(name: str, kind: str = "sqlite", driver: str = "asyncpg") -> Repository:
        root = tmp_path / "repository"
        ignored = shutil.ignore_patterns("after", "__pycache__")
        shutil.copytree(ADOPTED / name, root, ignore=ignored)
        commit(root)
        if APPLICATIONS[name]["backends"] == ["postgresql"]:
            kind = "postgresql"
        if kind == "postgresql":
            url = f"postgresql://postgres@127.0.0.1:{server}/{name}"
            with suppress(psycopg.errors.DuplicateDatabase):
                create_database(server, name)
            with psycopg.connect(url) as connection:
                connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return Repository(name, root, source, server, kind, driver)

    return make


KINDS = [
    (name, kind)
    for name, about in APPLICATIONS.items()
    for kind in ("sqlite", "postgresql")
    if kind in str(about["backends"])
]
CASES = [
    (name, driver, backend, isolation)
    for name, about in APPLICATIONS.items()
    for driver in DRIVERS
    for backend in about["backends"]
    if driver == "asyncpg" or "postgresql" in backend
    for isolation in STRATEGIES
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_their_own_tests_pass_and_write_to_the_database_of_the_developers(
    make: Make, name: str, kind: str
) -> None:
    repository = make(name, kind)
    assert repository.pytest().status == 0
    assert repository.left() == repository.about["left"][1]
    assert repository.pytest().status == repository.about["again"]


@pytest.mark.one_of("backend", "isolation")
@pytest.mark.parametrize(("name", "driver", "backend", "isolation"), CASES)
def test_application_takes_the_harness_over_and_gives_it_back(
    make: Make, name: str, driver: str, backend: str, isolation: str
) -> None:
    kind = backend if backend == "postgresql" else "sqlite"
    repository = make(name, kind, driver)
    assert repository.pytest().status == 0  # so that there are tables, and rows
    left = repository.left()
    repository.adopt(backend=backend, isolation=isolation)
    databases = ["--database", "all"] if backend == "sqlite-and-postgresql" else []

    own = repository.pytest(HARNESS, *databases)
    assert own.status == 0, own.output
    repository.use_fixtures()
    assert repository.doctor() == FITS
    for order in ([], ["-p", "backwards"], ["-n", "2"]):
        theirs = repository.pytest(*order, *databases)
        assert theirs.status == 0, theirs.output
        assert "BypassWarning" not in theirs.output
    assert repository.left() == left
    numbers = git(repository.root, "diff", "--shortstat").split()[3::2]
    assert [*map(int, numbers)] == repository.about["edited"]

    git(repository.root, "checkout", ".", f":!{repository.about['configuration']}")
    shutil.rmtree(repository.root / HARNESS)
    (repository.root / ANSWERS).unlink()
    repository.configure(back=True)
    assert not git(repository.root, "status", "--porcelain")


@pytest.mark.parametrize("name", APPLICATIONS)
def test_doctor_says_in_a_line_what_does_not_fit(make: Make, name: str) -> None:
    repository = make(name)
    repository.adopt(backend=repository.about["backends"][0])
    configuration = repository.root / repository.about["configuration"]
    shown = configuration.read_text()
    setting = "asyncio_default_test_loop_scope"
    scope = re.compile(rf"^{setting} = .*\n", re.MULTILINE)
    configuration.write_text(scope.sub("", shown))
    assert repository.doctor() == (
        f"`{setting}` is function: set it to session in {configuration.name}.\n"
    )

    configuration.write_text(shown)
    if hidden := repository.about["hidden"]:
        assert repository.doctor() == (
            f"`{hidden}` in tests/conftest.py hides the harness's: delete or rename "
            "it, or let it take that one.\n"
        )
    repository.use_fixtures()
    if hidden:
        edit(repository.root / "tests" / "conftest.py", "", WRAPPING.format(hidden))
    assert repository.doctor() == FITS
    environment = repository.root / HARNESS / "environment.py"
    used = repository.about["variables"][-1]
    environment.write_text(environment.read_text().replace(used, "NOBODY_READS_IT"))
    told = repository.doctor()
    if name == "clinic":  # its sessions are bound late: only a connection can tell
        assert told == FITS
        told = repository.pytest(HARNESS, "-x").output
    assert re.search(repository.about["told"], told)


def test_sync_application_is_told_why_it_is_refused(make: Make) -> None:
    repository = make("script")
    repository.adopt(backend="sqlite-memory")
    ledger = repository.root / "ledger.py"
    edit(ledger, "= async_sessionmaker(engine)", "= sessionmaker(engine.sync_engine)")
    edit(ledger, "import DeclarativeBase, ", "import DeclarativeBase, sessionmaker, ")

    found = repository.pytest(HARNESS)
    assert found.status == pytest.ExitCode.USAGE_ERROR
    for told in (repository.doctor(), found.output):
        assert "`session_factory` in application.py is sessionmaker(" in told
        assert "Sync code cannot share an event loop with its tests." in told
        assert "Traceback" not in told


@pytest.mark.parametrize("name", ["shop", "clinic"])
def test_database_that_is_named_for_tests_is_no_other_of_that_name(
    make: Make, server: int, name: str
) -> None:
    repository = make(name, "postgresql")
    repository.adopt(backend="postgresql")
    repository.use_fixtures()
    url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
    assert repository.doctor(TEST_DATABASE_URL=url) == FITS
    accepted = repository.pytest(TEST_DATABASE_URL=url)
    assert accepted.status == 0, accepted.output

    *_, last = repository.about["variables"]
    for host in ("127.0.0.1", "db.example.com"):  # which may lead to the same server
        own = {"DB_HOST": host, "DB_NAME": f"{name}_test"}
        own |= {"DATABASE_URL": url.replace("127.0.0.1", host)}
        refused = repository.pytest(TEST_DATABASE_URL=url, **own)
        assert refused.status == pytest.ExitCode.USAGE_ERROR
        reason = f"it may be the application's own database, the one in {last}."
        assert reason in refused.output
    if name == "shop":  # its sessions are bound at import, now to another server
        code = "settings.database_url"
        other = f"{code}.replace('127.0.0.1', '127.0.0.2')"
        edit(repository.root / "shop" / "db.py", code, other)
        told = repository.doctor(TEST_DATABASE_URL=url)
        assert re.search(repository.about["told"], told)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_harness_is_clean_in_the_eyes_of_strict_tools(make: Make, name: str) -> None:
    repository = make(name)
    repository.adopt(backend=repository.about["backends"][-1])
    strict = ["--strict", "--follow-imports=silent", f"--cache-dir={os.devnull}"]
    for command in (
        ["mypy", *strict, HARNESS],
        ["ruff", "check", "--no-cache", "--ignore-noqa", HARNESS],
        ["ruff", "format", "--no-cache", "--check", HARNESS],
    ):
        done = run(repository.root, *command, PYTHONPATH="", MYPYPATH="src")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.every
@pytest.mark.parametrize("name", ["clinic", "script"])
def test_lowest_versions_are_enough(make: Make, name: str) -> None:
    repository = make(name)
    repository.adopt(backend=repository.about["backends"][0])
    repository.use_fixtures()
    uv, python = program("uv"), f"--python={sys.executable}"
    told = (REPOSITORY / "hooks" / "adopted.txt.jinja").read_text()
    lowest = [need.replace(">=", "==") for need in re.findall(r"[\w-]+>=[\w.]+", told)]
    others = ["aiosqlite", "alembic", "asyncpg", "greenlet", "python-dotenv"]
    for command in (
        ["venv", python, ".venv"],
        ["pip", "install", "--python=.venv", *lowest, *others],
    ):
        done = run(repository.root, uv, *command)
        assert done.returncode == 0, done.stderr
    own = repository.variables | {"PYTHONPATH": "", "PYTEST_ADDOPTS": ""}
    for tests in ([HARNESS], []):
        done = run(repository.root, ".venv/bin/pytest", *tests, **own)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", APPLICATIONS)
def test_update_keeps_the_adapter_and_renews_the_rest(
    make: Make, source: Path, tmp_path: Path, name: str
) -> None:
    newer = shutil.copytree(source, tmp_path / "newer", symlinks=True)
    edit(newer / "template/tests/harness/leaks.py", "", CHANGED)
    for file in newer.glob("adopted/*#}/*.jinja"):
        edit(file, "", CHANGED)
    commit(newer, "0.2.0")
    repository = dataclasses.replace(make(name), source=newer)
    repository.adopt("--vcs-ref=0.1.0", backend=repository.about["backends"][0])
    repository.use_fixtures()
    harness = repository.root / HARNESS
    adapter = [harness / "application.py", harness / "environment.py"]
    for path in adapter:
        edit(path, "", MINE)
    commit(repository.root)
    kept = [path.read_text() for path in adapter]

    update(repository.root, f"--answers-file={ANSWERS}")

    assert changes(repository.root) == [ANSWERS, f"{HARNESS}/leaks.py"]
    assert [path.read_text() for path in adapter] == kept
    assert repository.doctor() == FITS
    assert repository.pytest().status == 0


def test_answer_that_is_in_files_of_their_own_stays(make: Make) -> None:
    repository = make("script")
    repository.adopt(backend="sqlite-memory")
    commit(repository.root)
    for name, value in (
        ("scope", "repository"),
        ("harness_package", "x"),
        ("metadata", "a:b"),
    ):
        options = [f"--answers-file={ANSWERS}", *data({name: value})]
        told = refusal(repository.root, "update", *options)
        assert f"{name} is fixed once chosen. It stays " in told
        assert told.endswith(f"To change it by hand, see {HARNESS}/README.md.")
    assert not changes(repository.root)
