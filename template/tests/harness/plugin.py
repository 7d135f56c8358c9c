# fmt: off; isort: skip_file
"""The story of a test run, from top to bottom: hooks and fixtures, as they happen.

`-p` in pytest's configuration loads it before any conftest, early enough to keep the
application, imported later, off every database but the tests' own.
"""

import os
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from . import queries
from .chosen import KINDS, PLUGINS, SCHEMA, Isolation
from .database import DATABASES, NOT_ASYNC, Database, point_application_at
from .hints import add_hints
from .leaks import Leaks
from .other_databases import OTHERS, OtherDatabases

Isolate = Callable[[pytest.Item], AbstractAsyncContextManager[None]]
LEAKS = pytest.StashKey[Leaks]()
WARNINGS = [
    # aiosqlite's, after an attribute was read that is not loaded: MissingGreenlet.
    "ignore:coroutine 'Connection.cursor' was never awaited:RuntimeWarning",
    # SQLModel's advice to the application; libraries may well call it.
    r"ignore:\s*. You probably want to use .session.exec:DeprecationWarning",
]


class Hooks:
    """What a conftest.py may add to the harness."""

    async def pytest_prepare_database(self, session: AsyncSession) -> None:
        """Add the rows that every test finds; they are committed afterwards.

        The database has its tables, and the rows that the migrations insert.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the harness's own hook, and what the chosen databases need of pytest."""
    pluginmanager.add_hookspecs(Hooks)
    for module in PLUGINS:
        pluginmanager.register(module)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add a setting."""
    what = (
        "databases besides their own that tests may use: URLs, or variables with them"
    )
    parser.addini("test_databases", what, type="args")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the database and point the application at it, before any conftest."""
    early_config.addinivalue_line("markers", "postgresql: runs on PostgreSQL only")
    early_config.addinivalue_line("markers", "real_commits: commits for real")
    for warning in WARNINGS:
        early_config.addinivalue_line("filterwarnings", warning)
    for kind in ("fixture", "test"):
        name = f"asyncio_default_{kind}_loop_scope"
        try:
            scope = early_config.getini(name)
        except ValueError:
            msg = "pytest-asyncio is off: run pytest with -p pytest_asyncio.plugin"
            raise pytest.UsageError(msg) from None
        if scope != "session":
            msg = f"set {name} to `session` in pytest's configuration, because the "
            raise pytest.UsageError(f"{msg}tests share connections and an event loop")
    prepare = partial(prepare_database, early_config)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    suffix = f"_{worker}" if worker else ""
    early_config.stash[OTHERS] = OtherDatabases(early_config)
    databases: dict[str, Database] = {
        kind: make(*parts, early_config, prepare, suffix)
        for kind, (make, *parts) in KINDS.items()
    }
    early_config.stash[DATABASES] = databases
    point_application_at(next(iter(databases.values())).url)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the order of tests when pytest-split gives them to several machines.

    With pytest-randomly each would shuffle in its own way before, and tests got lost.
    """
    if getattr(config.option, "splits", None):
        config.option.randomly_reorganize = False


async def prepare_database(config: pytest.Config, engine: AsyncEngine) -> None:
    """Create the schema and the rows that every test finds."""
    from .application import session_factory  # late: the guard comes before it

    if not isinstance(session_factory, async_sessionmaker):
        raise pytest.UsageError(NOT_ASYNC.format(session_factory))
    async with engine.connect() as connection:
        await connection.run_sync(SCHEMA.create_schema)
        await connection.commit()
    async with session_factory(bind=engine) as session:
        for adding in config.hook.pytest_prepare_database(session=session):
            await adding
        await session.commit()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> None:
    """Refuse tests with a database on an event loop of their own."""
    if "database" in item.fixturenames and item.get_closest_marker("anyio"):
        msg = "Remove @pytest.mark.anyio: tests with a database share an event loop, "
        pytest.fail(f"{msg}which pytest-asyncio runs.", pytrace=False)


@pytest.fixture(scope="session")
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """This worker's database, open for as long as there are tests that use it."""
    databases = request.config.stash[DATABASES]
    # Without a parameter there is one, or a test asks for the fixture while it runs.
    database = databases[getattr(request, "param", next(iter(databases)))]
    point_application_at(database.url)
    try:
        await database.open()
    except pytest.UsageError as error:
        if "PYTEST_XDIST_WORKER" in os.environ:
            # xdist would take an exit for a crash of its worker.
            request.session.shouldstop = "the tests have no database"
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)
    request.config.stash[LEAKS] = Leaks(database.engine)
    yield database
    request.config.stash[LEAKS].stop()
    await database.close()


@pytest.fixture(scope="session")
async def isolate(request: pytest.FixtureRequest, database: Database) -> Isolate:
    """Isolates a block like a test, and fails it for what it leaves behind."""
    from .application import session_factory  # late: the guard comes before it

    stash = request.config.stash
    isolation: Isolation | None = Isolation(database)

    async def renew() -> None:
        nonlocal isolation
        isolation = None
        stash[LEAKS].stop()
        try:
            await database.renew()
        except pytest.UsageError as error:
            msg = f"There is no new database: {error}"
            raise pytest.fail.Exception(msg, pytrace=False) from None
        point_application_at(database.url)
        isolation, stash[LEAKS] = Isolation(database), Leaks(database.engine)

    @asynccontextmanager
    async def isolate(test: pytest.Item) -> AsyncIterator[None]:
        nonlocal isolation
        problems: list[str] = []
        has_begun = has_ended = False
        if isolation is None:
            await renew()
        assert isolation is not None
        leaks = stash[LEAKS]
        leaks.is_in_test = True
        try:
            async with isolation.isolated(test, problems), leaks.ended(problems):
                settings = dict(session_factory.kw)
                session_factory.configure(bind=database.engine)
                has_begun = True
                try:
                    yield
                    has_ended = True
                finally:
                    session_factory.kw = settings
        except (Exception, CancelledError) as error:
            if not has_begun:
                isolation = None  # the next test has a new database
            if not has_ended:
                raise
            await renew()
            msg = "The database could not be put back, so there is a new one now: "
            problems.append(f"{msg}{type(error).__name__}: {error}")
        finally:
            leaks.is_in_test = False
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    return isolate


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, database: Database, isolate: Isolate
) -> Iterator[AsyncEngine]:
    """The engine of the test's database, with what the test does undone afterwards."""
    marker = request.node.get_closest_marker("asyncio")
    if marker and marker.kwargs.get("loop_scope", "session") != "session":
        pytest.fail("a test with a database has to keep the loop scope `session`")
    # Here and in `session`: pytest-asyncio's runner would take several times as long.
    run = request.config.stash[LEAKS].loop.run_until_complete
    isolated = isolate(request.node)
    run(isolated.__aenter__())
    yield database.engine
    run(isolated.__aexit__(None, None, None))


@pytest.fixture
def session_factory(engine: AsyncEngine) -> async_sessionmaker[Any]:
    """The application's session factory; what it makes works on the test's data."""
    from .application import session_factory

    return session_factory


@pytest.fixture
def session(
    request: pytest.FixtureRequest, session_factory: async_sessionmaker[AsyncSession]
) -> Iterator[AsyncSession]:
    """A session, made as the application makes them; its rows are shown on failure."""
    failures = request.session.testsfailed
    session = session_factory()
    yield session
    run = request.config.stash[LEAKS].loop.run_until_complete
    if request.session.testsfailed > failures:
        rows = run(queries.rows_left(session))
        request.node.add_report_section("teardown", "rows", rows)
    if session.in_transaction():
        run(session.close())


@pytest.fixture
def assert_queries(engine: AsyncEngine) -> queries.AssertQueries:
    """Fails a block that does not send this many statements: `assert_queries(2)`."""
    return partial(queries.assert_queries, engine)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Add hints to errors, and how to make the same values again."""
    if call.excinfo:
        add_hints(call.excinfo.value, call.excinfo.exconly())
        # The header that shows it is hidden by -q, and far from the failure.
        seed = item.config.getoption("randomly_seed", None)
        if seed is not None:
            again = f"--randomly-seed={seed} makes the same values again."
            item.add_report_section(call.when, "seed", again)
