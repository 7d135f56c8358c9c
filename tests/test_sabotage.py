"""Sabotage: projects are broken on purpose, and their own suites have to notice.

A suite that stays green whatever happens to the harness, or to the application's way
to the database, proves nothing. Each break below is made in a copy of a rendered
project, and has to fail the generated test that is there to notice it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from .matrix.projects import Project, Renderer
from .matrix.runner import Run, run_pytest
from .matrix.suites import POSTGRESQL, databases_of

SQLITE = ("sqlite-memory", "sqlite-file")
EVERY = (*SQLITE, "postgresql")
ONE_OF_EACH = ("sqlite-memory", "postgresql")
# Three failures are enough, always the same three. What a broken project leaves to the
# garbage collector would end the run before it has reported them.
OPTIONS = (
    *("-q", "--tb=line", "--maxfail=3", "-p", "no:pytest_cov"),
    *("-p", "no:randomly", "-p", "no:unraisableexception"),
)
FIRST_FAILURE = ("-x",)  # because each one waits for a lock
SIDE_BY_SIDE = ("-n", "2", "--maxfail=0")


@dataclass(frozen=True)
class Break:
    """A change that breaks a project: `old`, in its file `file`, becomes `new`.

    An empty `old` stands for a new file. One test has to fail for it: `noticed_by`,
    written `file::test` without `test_`, or any test of the file if it is `file` only.
    `says` has to stand in the output; it tells why where no test is left that passes.
    `status` is what the run ends with; a usage error ends it before the first test.
    """

    what: str
    old: str
    new: str
    noticed_by: str
    file: str = "tests/harness/plugin.py"
    backends: tuple[str, ...] = EVERY
    isolation: str = "rollback"
    example: bool = False
    options: tuple[str, ...] = ()
    says: str = ""
    status: pytest.ExitCode = pytest.ExitCode.TESTS_FAILED


in_rollback = partial(
    Break, file="tests/harness/isolation_rollback.py", backends=ONE_OF_EACH
)
ROLLBACK = [
    in_rollback(
        "sessions join without savepoints by default",
        ', "join_transaction_mode": "create_savepoint"',
        "",
        "isolation::commit_after_an_error_and_a_rollback",
    ),
    in_rollback(
        "sessions roll the outer transaction back",
        '"create_savepoint"',
        '"rollback_only"',
        "isolation::commit_after_an_error_and_a_rollback",
    ),
    in_rollback(
        "sessions control the outer transaction",
        '"create_savepoint"',
        '"control_fully"',
        "isolation::commit",
        says="ended the transaction",
    ),
    in_rollback(
        "outer transaction is committed",
        "        await self.roll_back(outer)\n        if await self.committed()",
        "        await self._transaction.commit()\n"
        "        await self.roll_back(outer)\n        if await self.committed()",
        "isolation::commit",
        backends=EVERY,
        says="really committed",
    ),
    in_rollback(
        "outer transaction has ended before the test",
        "        self._savepoints.clear()\n",
        "        self._savepoints.clear()\n"
        "        await self._transaction.rollback()\n",
        "isolation::commit",
        says="ended the transaction",
    ),
    in_rollback(
        "connections beside the outer one are not refused",
        'for moment in ("do_connect", "checkout"):',
        "for moment in ():",
        "isolation::connection_of_its_own_is_refused",
    ),
    in_rollback(
        "savepoints are not followed",
        'engine, "before_cursor_execute", self._follow_savepoints)',
        'engine, "before_cursor_execute", lambda *_: None)',
        "isolation::sessions_side_by_side_are_refused",
    ),
    in_rollback(
        "mark for real commits is ignored",
        'if test.get_closest_marker("real_commits"):',
        "if False:",
        "isolation::sessions_side_by_side",
        backends=EVERY,
    ),
    in_rollback(
        "real commits are not undone",
        "            await self._undo_commits()\n            return []",
        "            return []",
        "isolation::sessions_side_by_side",
        backends=EVERY,
    ),
    in_rollback(
        "commits by mistake are not noticed",
        "if await self.committed() != self._committed:",
        "if False:",
        "leaks::outer_transaction_that_is_committed_in_sql",
        backends=EVERY,
    ),
    in_rollback(
        "commits by mistake are not undone",
        '{CURE}")\n            await self._undo_commits()',
        '{CURE}")',
        "leaks::outer_transaction_that_is_committed_in_sql",
    ),
    in_rollback(
        "end of the outer transaction is not noticed",
        "if not self._transaction.is_active:",
        "if False:",
        "leaks::outer_transaction_that_is_committed",
    ),
    in_rollback(
        "violated constraints are not noticed",
        "problems += await self.violations(outer)",
        "pass",
        "leaks::deferred_constraint_that_is_violated",
        backends=EVERY,
    ),
    in_rollback(
        "sessions left open are not noticed",
        "if outer.in_nested_transaction():",
        "if False:",
        "leaks::session_that_is_left_open",
    ),
]
for_sqlite = partial(Break, backends=("sqlite-memory",))
for_postgresql = partial(Break, backends=("postgresql",))
ROLLBACK += [
    for_sqlite(
        "commits are not counted",
        "PRAGMA data_version",
        "PRAGMA user_version",
        "leaks::outer_transaction_that_is_committed_in_sql",
        file="tests/harness/sqlite.py",
    ),
    for_postgresql(
        "rows are not looked for",
        "EXISTS (SELECT FROM {table})",
        "NOT EXISTS (SELECT)",
        "leaks::outer_transaction_that_is_committed_in_sql",
        file="tests/harness/postgresql_rollback.py",
    ),
    for_postgresql(
        "constraints stay deferred",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SELECT 1",
        "leaks::deferred_constraint_that_is_violated",
        file="tests/harness/postgresql_rollback.py",
    ),
]

in_application = partial(Break, file="src/{package}/database.py", backends=SQLITE)
APPLICATION = [
    in_application(
        "transactions do not begin",
        '    event.listen(engine.sync_engine, "begin", _begin_sqlite_transaction)\n',
        "",
        "isolation::commit",
        says="really committed",
    ),
    in_application(
        "transactions do not begin",
        '    event.listen(engine.sync_engine, "begin", _begin_sqlite_transaction)\n',
        "",
        "isolation::rollback_drops_what_was_only_flushed",
        isolation="snapshot",
    ),
    in_application(
        "engine is left as it comes",
        '    event.listen(engine.sync_engine, "connect", _set_up_sqlite_connection)\n'
        '    event.listen(engine.sync_engine, "begin", _begin_sqlite_transaction)\n',
        "",
        "database::sqlite_rolls_back_a_savepoint_that_was_released",
        options=("-k", "settings or savepoint"),
    ),
    in_application(
        "foreign keys are off",
        "foreign_keys=ON",
        "foreign_keys=OFF",
        "isolation::foreign_keys_are_enforced",
    ),
    in_application(
        "write lock is not taken up front",
        "BEGIN IMMEDIATE",
        "BEGIN",
        "isolation::sessions_side_by_side",
        isolation="snapshot",
    ),
    in_application(
        "write lock is not taken up front",
        "BEGIN IMMEDIATE",
        "BEGIN",
        "isolation::sessions_side_by_side",
    ),
    in_application(
        "failed commit leaves the transaction open",
        '    event.listen(engine.sync_engine, "reset", _roll_back_failed_commit)\n',
        "",
        "database::sqlite_ends_a_transaction_whose_commit_fails",
        backends=("sqlite-memory",),
    ),
    in_application(
        "objects expire when they are committed",
        "expire_on_commit=False",
        "expire_on_commit=True",
        "database::objects_stay_readable_after_a_commit",
        backends=ONE_OF_EACH,
    ),
    in_application(
        "sessions are not those of SQLModel",
        "from sqlmodel.ext.asyncio.session import AsyncSession",
        "from sqlalchemy.ext.asyncio import AsyncSession",
        "isolation::commit",
        says="has no attribute 'exec'",
        backends=ONE_OF_EACH,
    ),
    in_application(
        "session factory stays bound",
        "session_factory.configure(bind=None)",
        "pass",
        "database::sessions_are_bound_while_the_application_is_connected",
        backends=("sqlite-memory",),
    ),
]

RESTORE = "        await self.restore()\n"
in_snapshot = partial(
    Break, file="tests/harness/isolation_snapshot.py", isolation="snapshot"
)
SNAPSHOT = [
    in_snapshot("database is not restored", RESTORE, "", "isolation::commit"),
    in_snapshot(
        "database is not restored",
        RESTORE,
        "",
        "isolation::sessions_side_by_side",
        isolation="rollback",
        backends=ONE_OF_EACH,
    ),
    in_snapshot(
        "database is not saved",
        "        self.anchor.backup(self._saved)\n",
        "",
        "isolation::commit",
        file="tests/harness/sqlite.py",
        backends=("sqlite-memory",),
    ),
    in_snapshot(
        "database is not saved",
        "        self.anchor.backup(self._saved)\n",
        "",
        "isolation::commit",
        says="attempt to write a readonly database",
        file="tests/harness/sqlite.py",
        backends=("sqlite-file",),
    ),
    in_snapshot(
        "database is not saved",
        "        await self._copy(self.url.database, self.url_for(TEMPLATE))\n",
        "",
        "isolation::commit",
        says="does not exist",
        file="tests/harness/postgresql.py",
        backends=("postgresql",),
    ),
    in_snapshot(
        "connections do not notice that the schema was put back",
        "if version == self._schema_version:",
        "if True:",
        "isolation::schema_changes",
        file="tests/harness/sqlite.py",
        # Alone, both of its runs are given the same connection.
        options=("-k", "schema_changes"),
        backends=SQLITE,
    ),
    in_snapshot(
        "changes are not seen",
        "self._mark == self.commits()",
        "True",
        "isolation::commit",
        file="tests/harness/sqlite.py",
        backends=SQLITE,
    ),
    in_snapshot(
        "changes are not seen",
        "bool(self._mark == await self.admin.scalar(LOG_POSITION))",
        "True",
        "isolation::commit",
        file="tests/harness/postgresql.py",
        backends=("postgresql",),
    ),
    in_snapshot(
        "database is saved without tables",
        "        await self.create_schema()\n        await self.save()\n",
        "        await self.save()\n        await self.create_schema()\n",
        "isolation::commit",
    ),
    in_snapshot(
        "database is restored from an empty one",
        "self._copy(self.url_for(TEMPLATE).database, self.url)",
        'self._copy("template1", self.url)',
        "isolation::commit",
        file="tests/harness/postgresql.py",
        backends=("postgresql",),
    ),
]

in_truncate = partial(
    Break, file="tests/harness/isolation_truncate.py", isolation="truncate"
)
TRUNCATE = [
    in_truncate(
        "rows are not deleted",
        "await self.delete_rows()",
        "pass",
        "isolation::commit",
    ),
    in_truncate(
        "table of the probes is forgotten",
        "metadata.tables.values()]",
        'metadata.tables.values() if table.name != "probe"]',
        "isolation::commit",
        example=True,
    ),
    in_truncate(
        "table of the example is forgotten",
        "metadata.tables.values()]",
        'metadata.tables.values() if table.name != "task"]',
        "task_queries",
        example=True,
    ),
    in_truncate(
        "changed schema stays",
        "await self.schema() == self._schema:",
        "True:",
        "isolation::schema_changes",
    ),
]
TRUNCATE += [
    for_sqlite(
        "changes of the schema are not counted",
        "return self.schema_version()",
        "return 0",
        "isolation::schema_changes",
        isolation="truncate",
        file="tests/harness/sqlite_truncate.py",
    ),
    for_sqlite(
        "rows of other databases are deleted",
        "        self.check_marker()\n",
        "",
        "guard_sqlite::database_that_the_tests_did_not_make_stays_as_it_is",
        isolation="truncate",
        example=True,
        file="tests/harness/sqlite_truncate.py",
        says="DID NOT RAISE",
    ),
    for_postgresql(
        "changes of the schema are not counted",
        '"SELECT count(*), sum(oid::int8), sum(relnatts + relchecks) FROM pg_class"',
        '"SELECT 1"',
        "isolation::schema_changes",
        isolation="truncate",
        file="tests/harness/postgresql_truncate.py",
    ),
]

in_recreate = partial(
    Break, file="tests/harness/isolation_recreate.py", isolation="recreate"
)
RECREATE = [
    in_recreate("database is not restored", RESTORE, "", "isolation::commit"),
    in_recreate(
        "tables are not created",
        "        await self.create_schema()\n",
        "",
        "isolation::commit",
        backends=ONE_OF_EACH,
        says="probe",
    ),
]

in_database = partial(
    Break, file="tests/harness/database.py", backends=("sqlite-memory",)
)
in_leaks = partial(in_database, file="tests/harness/leaks.py")
LEAKS = [
    in_database(
        "problems do not fail the test",
        "if problems:",
        "if False:",
        "leaks::session_that_is_left_open",
        backends=ONE_OF_EACH,
        says="DID NOT RAISE",
    ),
    in_database(
        "session factory is not connected to the test",
        "        session_factory.configure(**options)\n",
        "",
        "isolation::commit",
        says="UnboundExecutionError",
    ),
    in_database(
        "session factory stays connected after the test",
        "            session_factory.configure(bind=None)\n",
        "",
        "leaks::session_that_is_opened_between_tests",
    ),
    in_database(
        "what a test did is not undone",
        "problems += await self.end_test()",
        "pass",
        "isolation::commit",
    ),
    in_leaks(
        "tasks are not noticed",
        "asyncio.all_tasks().difference(tasks, {asyncio.current_task()})",
        "()",
        "leaks::task_that_is_left_unawaited",
    ),
    in_leaks(
        "tasks are not cancelled",
        "        while left:\n",
        "        while False:\n",
        "leaks::task_that_is_left_unawaited",
    ),
    in_leaks(
        "connections are not noticed",
        "self._lent.keys() - connections",
        "()",
        "leaks::connection_that_is_left_open",
        backends=ONE_OF_EACH,
        options=FIRST_FAILURE,
    ),
    in_leaks(
        "connections are not noticed",
        "self._lent.keys() - connections",
        "()",
        "leaks::session_that_is_left_open",
        isolation="snapshot",
        options=FIRST_FAILURE,
        backends=ONE_OF_EACH,
    ),
    in_leaks(
        "connections are not closed",
        "            await greenlet_spawn(self._lent[entry].invalidate)\n",
        "",
        "leaks::connection_that_is_left_open",
        options=FIRST_FAILURE,
    ),
    in_leaks(
        "engines beside the harness's are not noticed",
        "warnings.warn(BypassWarning(msg), stacklevel=2)",
        "pass",
        "leaks::engine_beside_that_of_the_harness",
        backends=("postgresql",),
    ),
    in_leaks(
        "every other engine counts as a bypass",
        " and self._engine.url.database in names:",
        ":",
        "database::sqlite_rolls_back_a_savepoint_that_was_released",
        options=("-k", "bound or savepoint"),
    ),
]

in_queries = partial(in_database, file="tests/harness/queries.py")
QUERIES = [
    in_queries(
        "transaction control is counted",
        "if not sql.startswith(TRANSACTION_CONTROL):",
        "if True:",
        "queries::statements_are_counted_without_transaction_control",
        backends=ONE_OF_EACH,
        says="statements were sent",
    ),
    in_queries(
        "any number will do",
        "if len(statements) != number:",
        "if False:",
        "queries::other_number_fails_and_shows_the_statements",
    ),
]

in_settings = partial(in_database, file="pyproject.toml")
SETTINGS = [
    *(
        in_settings(
            f"loop scope of each {kind} is its own",
            f'{name} = "session"',
            f'{name} = "function"',
            "isolation",
            status=pytest.ExitCode.USAGE_ERROR,
            says=f"set {name} to `session`",
        )
        for kind, name in (
            ("test", "asyncio_default_test_loop_scope"),
            ("fixture", "asyncio_default_fixture_loop_scope"),
        )
    ),
    in_settings(
        "the application's database may be that of the tests",
        "",
        "DATABASE_URL=postgresql:///?service=application\n",
        "guard",
        file=".env",
        backends=("postgresql",),
        status=pytest.ExitCode.USAGE_ERROR,
        says="it may be the application's own database",
    ),
    in_settings(
        "test has a loop of its own",
        "async def test_statements",
        '@pytest.mark.asyncio(loop_scope="function")\nasync def test_statements',
        "queries::statements_are_counted_without_transaction_control",
        file="tests/test_queries.py",
        says="has to keep the loop scope `session`",
    ),
    in_settings(
        "warnings are no errors",
        '    "error",\n',
        "",
        "leaks::engine_beside_that_of_the_harness",
        backends=("postgresql",),
    ),
    in_settings(
        "harness is not loaded",
        '"-p", "tests.harness.plugin"',
        "",
        "isolation::commit",
        says="fixture 'session' not found",
    ),
]

in_databases = partial(
    Break, file="tests/harness/databases.py", isolation="snapshot", options=SIDE_BY_SIDE
)
WORKERS = [
    in_databases(
        "workers share a database",
        "DATABASE_NAME + suffix",
        "DATABASE_NAME",
        "guard::application_is_pointed_at_a_database_for_tests",
        backends=("sqlite-file",),
    ),
    in_databases(
        "workers share a database",
        "DATABASE_NAME, suffix,",
        'DATABASE_NAME, "",',
        "isolation",
        backends=("postgresql",),
        status=pytest.ExitCode.INTERRUPTED,
        says="another test run is using",
    ),
]

in_guard = partial(
    Break, file="tests/harness/guard_postgresql.py", backends=("postgresql",)
)
REFUSES = "guard_postgresql::doubtful_database_is_refused"
GUARD = [
    in_guard(
        "other kinds of databases are accepted",
        'if url.get_backend_name() != "postgresql":\n        _refuse',
        "if False:\n        _refuse",
        REFUSES,
    ),
    in_guard(
        "names that do not say test are accepted",
        "if not NAME.fullmatch(name):",
        "if False:",
        REFUSES,
    ),
    in_guard(
        "queries that lead elsewhere are accepted",
        "if unknown and not _socket(url):",
        "if False:",
        REFUSES,
    ),
    in_guard(
        "other hosts are accepted",
        'if not _is_local(url) and (url.host or "").lower() not in allowed_hosts:',
        "if False:",
        REFUSES,
    ),
    in_guard(
        "the application's database is accepted",
        "if own is not None and _may_be_the_same(own, url):",
        "if False:",
        "guard_postgresql::applications_own_database_is_refused",
    ),
    in_guard(
        "the application's database is not compared",
        'parse("DATABASE_URL", own) if own else None',
        "None",
        "guard::run_on_a_doubtful_database_is_refused",
    ),
    in_guard(
        "TEST_DATABASE_URL is not checked",
        "    check(url, parse(",
        "    print(url, parse(",
        "guard::run_on_a_doubtful_database_is_refused",
    ),
    in_guard(
        "variables that lead elsewhere are kept",
        "        guard_postgresql.forget_redirections()\n",
        "",
        "guard::applications_own_database_is_replaced",
        file="tests/harness/postgresql.py",
    ),
    in_guard(
        "TEST_DATABASE_URL is ignored",
        'if os.environ.get("TEST_DATABASE_URL"):',
        "if False:",
        "guard::run_on_a_database_from_outside_is_refused",
        file="tests/harness/plugin.py",
        backends=("sqlite-memory",),
    ),
    in_guard(
        "application is not pointed at the tests' database",
        "        point_application_at(database.url)\n    early_config",
        "    early_config",
        "guard::application_is_pointed_at_a_database_for_tests",
        file="tests/harness/plugin.py",
        backends=ONE_OF_EACH,
    ),
    in_guard(
        "databases that the tests did not make are overwritten",
        'if self.anchor.execute("PRAGMA application_id").fetchone() != (MARKER,):',
        "if False:",
        "guard_sqlite::database_that_the_tests_did_not_make_stays_as_it_is",
        file="tests/harness/sqlite.py",
        backends=SQLITE,
        says="DID NOT RAISE",
    ),
]

BREAKS = [
    *ROLLBACK,
    *APPLICATION,
    *SNAPSHOT,
    *TRUNCATE,
    *RECREATE,
    *LEAKS,
    *QUERIES,
    *SETTINGS,
    *WORKERS,
    *GUARD,
]


@pytest.fixture
def run(
    runner: Runner, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[..., Run]:
    """Runs tests of a project: `run(project, "-x", "tests/test_isolation.py")`."""

    def run(project: Project, *arguments: str) -> Run:
        variables = {}
        if POSTGRESQL in databases_of(project):
            server = request.getfixturevalue("server")
            name = re.sub(r"\W", "_", f"{tmp_path.name}_{project.root.name}")[-32:]
            url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
            variables["TEST_DATABASE_URL"] = url
        return run_pytest(project.root, arguments, **variables)

    return run


@pytest.mark.parametrize(
    ("broken", "backend"),
    [
        pytest.param(broken, backend, id=f"{backend}-{broken.isolation}-{broken.what}")
        for broken in BREAKS
        for backend in broken.backends
    ],
)
def test_break_is_noticed(
    render: Renderer,
    run: Callable[..., Run],
    tmp_path: Path,
    known: KnownResults,
    broken: Break,
    backend: str,
) -> None:
    rendered = render(
        backend=backend,
        isolation=broken.isolation,
        example=broken.example,
        coverage="none",
    )
    file, _, test = broken.noticed_by.partition("::")
    arguments = [*OPTIONS, *broken.options, f"tests/test_{file}.py"]

    def unbroken() -> None:
        sound = rendered.copy(tmp_path / "sound")
        done = run(sound, *arguments)
        if done.status or not done.outcomes:
            sound.fail("it fails unbroken", ["pytest", *arguments], done.output)

    known.passed(key("unbroken", rendered.hash("*"), *arguments), unbroken)

    project = rendered.copy(tmp_path / "broken")
    path = project.root / broken.file.format(package=project.package)
    before = path.read_text() if broken.old else ""
    assert before.count(broken.old) == 1, f"{path} has not exactly one {broken.old!r}"
    path.write_text(before.replace(broken.old, broken.new))
    done = run(project, *arguments)

    failed = {name for name, outcome in done.outcomes.items() if outcome == "failed"}
    problem = ""
    if done.status != broken.status:
        problem = f"exit status {done.status}, not {broken.status}"
    elif broken.says not in done.output:
        problem = f"the output does not say {broken.says!r}"
    elif broken.status == pytest.ExitCode.USAGE_ERROR:
        problem = "tests ran all the same" if done.outcomes else ""
    elif not any(test in ("", function_of(name)) for name in failed):
        problem = f"not noticed by {broken.noticed_by}, but by {sorted(failed)}"
    elif failed == set(done.outcomes) and not broken.says:
        problem = "no test passes, so it may have failed for any reason"
    if problem:
        project.fail(problem, ["pytest", *arguments], done.output)


def function_of(test: str) -> str:
    """Return the name of a test's function, without `test_`."""
    return test.partition("::test_")[2].partition("[")[0]
