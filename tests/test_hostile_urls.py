"""The guard against hostile URLs, end to end, and the friendly ones that it accepts.

Every URL is given to a real test run of a rendered project. Where one could lead, if
it were accepted, there is a server with a precious database, or a trap: a socket
that listens, and that nobody may connect to. No name of a host is ever looked up.
"""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .matrix.projects import Project, Renderer
from .matrix.runner import Run, Runner

pytestmark = pytest.mark.remembered

DRIVERS = ("asyncpg", "psycopg")
# For tests that one driver is enough for. psycopg's libpq has more ways to lead away.
one_driver = pytest.mark.parametrize("project", ["psycopg"], indirect=True)
FAILED, REFUSED = 1, 4

# Every password here is made of these, so that a part of one is noticed too.
SECRETS = ("swordfish", "letmein")
LOGIN = "postgres:swordfish%40letmein%3A%2F%23"

# What refusals say.
HOST = "is not this machine. To cure it, use localhost or a socket's directory"
NAME = "does not end in _test. To cure it, name a database that is only for tests"
QUERY = "its query sets "
KIND = "To cure it, give a postgresql:// URL"
FORM = "TEST_DATABASE_URL is not a database URL"
AT = "To cure it, write %40 for every @ but the one before the host"
OWN = "it may be the application's own database"

# In URLs `{port}` is the server's port, and that of the traps on 127.0.0.2 and in the
# directory `{traps}`; `{trap}` is the port of the trap on 127.0.0.1. Drivers take
# 127.1 for 127.0.0.1: it stands for hosts elsewhere that they would connect to.
HOSTS = [
    *("db.example.com", "10.0.0.1", "192.168.0.1", "169.254.169.254", "172.17.0.1"),
    *("host.docker.internal", "ip6-localhost", "localhost.localdomain", "localh0st"),
    *("LOCALHOST.EXAMPLE.COM", "0.0.0.0", "127.1", "2130706433", "0x7f000001"),
    *("0177.0.0.1", "127.0.0.999", "128.0.0.1", "%6Cocalhost", "%31%32%37.0.0.1"),
    # A full-width l and a full-width stop.
    *("\uff4cocalhost", "127.0.0\u30021"),
    *("[::]", "[fe80::1]", "[::ffff:10.0.0.1]", "[127.1]", "[::1,127.1]"),
    *("[::1%lo]", "[::1%lo,127.1]", "[::1%25lo,127.1]", "[localhost,127.1]"),
    *("", "*", ".", "~", "%2Ftmp"),
    *(
        look_alike.replace("X", local)
        for local, look_alike in product(
            ("localhost", "127.0.0.1"),
            [
                *("X,127.1", "127.1,X", "X,X", "X,", ",X", "X%2C127.1", "X%3A1,127.1"),
                *("X.", "X.example.com", "X-example.com", "myX", "example.com.X"),
                *("X%2Eexample.com", " X", "X ", "X%20", "X;127.1", "X\\127.1"),
                *("X#127.1", "'X'"),
            ],
        )
    ),
]
NAMES = [
    *("", "_test", "test", "tests", "%5Ftest", "postgres", "template1", "shoptest"),
    *("test_precious", "TEST_precious", "_test_precious", "../shop_test", "/shop_test"),
    *("shop%2Fshop_test", "shop_test/", "shop_test#x", "shop_test;x", "%_test"),
    *("shop_test%3Fdbname=precious", "shop_test&dbname=precious", "$user_test"),
    *("dbname=precious%20application_name=_test", "postgresql:%2F%2F127.1%2Fx_test"),
    *("x%22;DROP%20DATABASE%20precious;--_test", "pre%22%22cious_test", "it's_test"),
    *("sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p_test", "shop_test_gw%D9%A3"),
    *("shop_\N{CYRILLIC SMALL LETTER TE}est", "x" * 44 + "_test", "x" * 99 + "_test"),
    *(
        f"precious{end}"
        for end in [
            *("", "_TEST", "_Test", "-test", ".test", "test", "_test_", "_tests"),
            *("_test2", "_test_old", "_test_gw", "_test_gwx", "_test_gw0_old"),
            *("_test%20", "_test%0A", "_test_gw-1", "__test__", "_test.db"),
        ]
    ),
]
SETTINGS = [
    *("host=127.1", "%68ost=127.1", "HOST=127.1", "hostaddr=127.0.0.2", "port={trap}"),
    *("dbname=precious", "database=precious", "db%6Eame=precious", "DBNAME=precious"),
    *("service=precious", "servicefile=precious", "dsn=postgresql:///precious"),
    *("conninfo=dbname%3Dprecious", "user=precious", "password=letmein", "passfile=x"),
    *("options=-csearch_path%3Dprecious", "target_session_attrs=any", "plugin=x"),
    *("sslpassword=letmein", "server_settings=x", "load_balance_hosts=random"),
    *("sslmode=disable&host=127.1", "ssl=disable&port={trap}&dbname=precious"),
]
QUERIES = [
    *(f"127.0.0.1:{{port}}/shop_test?{setting}" for setting in SETTINGS),
    *(f":{{port}}/shop_test?host={{traps}}&{setting}" for setting in SETTINGS[:12]),
    *("127.0.0.1:{port}/shop_test?host={traps}", "/shop_test?host={traps},127.1"),
    *("/shop_test?host=127.0.0.1", "/shop_test?host=localhost:{trap}"),
    *("/shop_test?host=./traps", "/shop_test?host=%40abstract", "/shop_test?host=,"),
]
KINDS = [
    *("postgres", "POSTGRESQL", "PostgreSQL+asyncpg", "mysql", "mysql+asyncmy"),
    *("cockroachdb", "redshift+psycopg2", "oracle", "http", "file", "unix"),
    *("xpostgresql", "postgresql_psycopg", "sqlite", "sqlite+aiosqlite"),
]
FORMS = [
    *("letmein", "swordfish@letmein", "postgresql", "://", "//127.0.0.1/shop_test"),
    *("host=127.0.0.1 dbname=shop_test password=letmein", " "),
    "jdbc:postgresql://127.0.0.1:{port}/shop_test?user=app&password=letmein",
    f"postgresql:{LOGIN}@127.0.0.1:{{port}}/shop_test",
    f"postgresql:/{LOGIN}@127.0.0.1:{{port}}/shop_test",
    f"'postgresql://{LOGIN}@127.0.0.1:{{port}}/shop_test'",
    f"TEST_DATABASE_URL=postgresql://{LOGIN}@127.0.0.1:{{port}}/shop_test",
    *(
        f"postgresql://{LOGIN}@{rest}"
        for rest in [
            *(":letmein", "127.0.0.1:letmein/shop_test", "127.0.0.1:5.0/shop_test"),
            *("127.0.0.1:{port},{trap}/shop_test", "::1/shop_test", "[::1/shop_test"),
            *("127.0.0.1:{port}/shop_test\n", "127.0.0.1:{port}\n/shop_test"),
            *("127.0.0.1:{port}/shop_test\udcff", "127.0.0.1:{port}/sh%00op_test"),
            *("127.0.0.1:{port}/shop_test?sslrootcert=%00", "127.0.0.1%00.x/shop_test"),
        ]
    ),
    # At a zero byte libpq stops reading, so it would not know the port, and asyncpg
    # sends what follows as settings of their own.
    "postgresql://postgres:swordfish%00letmein@127.0.0.1:{port}/shop_test",
    "postgresql://postgres%00:letmein@127.0.0.1:{port}/shop_test",
    "postgresql://x%00options%00-crole%3Dx:letmein@127.0.0.1:{port}/shop_test",
    "postgresql://postgres:swordfish\udcffletmein@127.0.0.1:{port}/shop_test",
]
# Passwords with an @, or slashes too many: a part of them stands where another rule
# would quote it.
UNENCODED = [
    "postgresql://postgres:swordfish@letmein@127.0.0.1:{port}/shop_test",
    "postgresql://postgres:swordfish@letmein/@127.0.0.1:{port}/shop_test",
    "postgresql://postgres:@/letmein@127.0.0.1:{port}/shop_test",
    "postgresql://postgres:swordfish@?letmein=@127.0.0.1:{port}/shop_test",
    "postgresql://postgres:swordfish@127.0.0.1,letmein@127.0.0.1:{port}/shop_test",
    f"postgresql:///{LOGIN}@127.0.0.1:{{port}}/shop_test",
    f"postgresql://127.0.0.1/{LOGIN}@127.0.0.1:{{port}}/shop_test",
]


def cases() -> Iterator[tuple[str, str, str]]:
    """Yield each hostile URL, with a name, and with what its refusal says."""
    for host in HOSTS:
        yield f"host {host}", f"postgresql://{LOGIN}@{host}:{{port}}/shop_test", HOST
    for name in NAMES:
        yield f"name {name}", f"postgresql://{LOGIN}@127.0.0.1:{{port}}/{name}", NAME
    for rest in QUERIES:
        yield f"query {rest}", f"postgresql://{LOGIN}@{rest}", QUERY
    for kind in KINDS:
        yield f"kind {kind}", f"{kind}://{LOGIN}@127.0.0.1:{{port}}/shop_test", KIND
    for url in FORMS:
        yield f"form {url}", url, FORM
    for url in UNENCODED:
        yield f"unencoded {url}", url, AT


def cases_for_drivers() -> Iterator[Any]:
    """Yield the parameters of a test for each case."""
    for number, (case, url, reason) in enumerate(cases()):
        # A refusal is the same for both drivers. Both have a turn where they would
        # understand the URL differently, were it accepted.
        both = reason == QUERY or "," in url or "%00" in url
        for driver in DRIVERS if both else [DRIVERS[number % 2]]:
            yield pytest.param(driver, url, reason, id=f"{driver} {case}")


@dataclass(frozen=True)
class Reach:
    """What is within reach of hostile URLs: a server, and traps.

    `connection` is one to the precious database.
    """

    connection: psycopg.Connection[Any]
    port: int
    folder: Path
    traps: tuple[socket.socket, ...]

    def fill(self, text: str) -> str:
        """Return `text` with words in braces replaced by what they stand for."""
        return text.format(
            folder=self.folder,
            port=self.port,
            sockets=self.execute("SHOW unix_socket_directories")[0],
            trap=self.traps[0].getsockname()[1],
            traps=self.folder,
        )

    def execute(self, statement: str) -> list[str]:
        """Execute a statement in the precious database; return the first column."""
        cursor = self.connection.execute(statement.encode())
        return [str(row[0]) for row in cursor] if cursor.description else []

    def contents(self) -> list[str]:
        """Return the names of databases, and the precious rows."""
        # A run that fails while it makes its database leaves it behind.
        databases = "SELECT datname FROM pg_database WHERE datname NOT LIKE 'failed%'"
        return sorted(self.execute(f"{databases} UNION ALL SELECT title FROM task"))

    def visitors(self) -> list[Any]:
        """Return the addresses of the traps that somebody has connected to."""
        visited = []
        for trap in self.traps:
            with contextlib.suppress(BlockingIOError):
                trap.accept()[0].close()
                visited.append(trap.getsockname())
        return visited


@pytest.fixture(scope="session")
def reach(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    """A server with a precious database, and traps."""
    folder = tmp_path_factory.mktemp("reach")
    with contextlib.ExitStack() as stack:
        addresses = [("127.0.0.1", 0), ("127.0.0.2", server)]
        traps = [stack.enter_context(socket.create_server(at)) for at in addresses]
        for port in (5432, server):
            traps.append(stack.enter_context(socket.socket(socket.AF_UNIX)))
            traps[-1].bind(str(folder / f".s.PGSQL.{port}"))
            traps[-1].listen()
        for trap in traps:
            trap.setblocking(False)
        service = "[precious]\nhost=127.0.0.2\nhostaddr=127.0.0.2\ndbname=precious\n"
        for name in ("pg_service.conf", ".pg_service.conf"):
            (folder / name).write_text(service)
        url = f"postgresql://postgres@127.0.0.1:{server}"
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE own_test")
            connection.execute("CREATE DATABASE precious")
        precious = psycopg.connect(f"{url}/precious", autocommit=True)
        connection = stack.enter_context(precious)
        reach = Reach(connection, server, folder, tuple(traps))
        reach.execute("CREATE TABLE task AS SELECT 'precious row' AS title")
        for role in ("locked", "s@/:?#%[ +"):
            reach.execute(f"CREATE ROLE \"{role}\" SUPERUSER LOGIN PASSWORD 'correct'")
        reach.execute("CREATE ROLE single CREATEDB LOGIN CONNECTION LIMIT 1")
        [file] = reach.execute("SHOW hba_file")
        lines = "host all locked all scram-sha-256", "host all all all trust"
        rows = ", ".join(f"('{line}')" for line in [*lines, "local all all trust"])
        reach.execute(f"COPY (VALUES {rows}) TO '{file}'")
        reach.execute("SELECT pg_reload_conf()")
        yield reach


WHERE = """
import os

import pytest
from sqlalchemy import text

from {package} import database as application

WHERE = text("SELECT current_database() || ' at ' || current_setting('port')")


async def test_session(session):
    connection = await session.connection()
    assert await connection.scalar(WHERE) == os.environ["EXPECTED"]
    await connection.execute(text("CREATE TABLE task_copy AS SELECT 1"))


@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_application(database):
    async with application.connect() as engine, engine.connect() as connection:
        assert await connection.scalar(WHERE) == os.environ["EXPECTED"]
"""


@pytest.fixture(scope="session", params=DRIVERS)
def project(request: pytest.FixtureRequest, render: Renderer, own: Path) -> Project:
    """A copy of a project for PostgreSQL, with tests that check where they are."""
    project = render(backend="postgresql", postgres_driver=request.param)
    folder = own / f"hostile_{request.param}"
    if folder.exists():
        return Project(project.answers, folder)
    project = project.copy(folder)
    test = project.root / "tests" / "test_where.py"
    test.write_text(WHERE.format(package=project.package))
    return project


class Attempt:
    """Runs the tests of one project on URLs, with all that is within their reach."""

    def __init__(self, runner: Runner, project: Project, reach: Reach) -> None:
        self.runner, self.project, self.reach = runner, project, reach

    def __call__(self, url: str, /, *options: str, **variables: str) -> Run:
        """Run the tests on a URL; words in braces, in variables too, are filled in.

        Fails if any part of a password is printed, or anything precious has changed.
        """
        variables["TEST_DATABASE_URL"] = url
        before = self.reach.contents()
        run = self.runner.pytest(
            self.project.root,
            ["-p", "no:cacheprovider", "tests/test_where.py", *options],
            # A trap never answers: whoever falls into one should not take for ever.
            PGCONNECT_TIMEOUT="5",
            **{name: self.reach.fill(value) for name, value in variables.items()},
        )
        assert not [part for part in SECRETS if part in run.output], run.output
        assert self.reach.contents() == before
        assert self.reach.visitors() == []
        return run


@pytest.fixture(scope="session")
def attempt(runner: Runner, project: Project, reach: Reach) -> Attempt:
    """Runs the tests of a project on URLs, of one with each driver in turn."""
    return Attempt(runner, project, reach)


def assert_refused(run: Run, reason: str) -> None:
    """Fail unless the run ended, with the reason, before it did anything."""
    assert run.status == REFUSED, run.output
    assert reason in run.output
    assert "DATABASE_URL" in run.output
    assert "Traceback" not in run.output
    assert "test session starts" not in run.output
    assert run.outcomes == {}


def assert_accepted(run: Run) -> None:
    """Fail unless the tests passed, which they do where they expect to be only."""
    assert run.status == 0, run.output
    assert list(run.outcomes.values()) == ["passed", "passed"]


@pytest.mark.parametrize(
    ("project", "url", "reason"), [*cases_for_drivers()], indirect=["project"]
)
def test_hostile_url_is_refused_before_anything_is_opened(
    attempt: Attempt, url: str, reason: str
) -> None:
    assert_refused(attempt(url), reason)


def test_hostile_urls_differ() -> None:
    urls = [url for _, url, _ in cases()]
    assert len(urls) == len(set(urls)) > 200


@one_driver
@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("127.1:{port}/precious", NAME),
        ("127.1:{port}/shop_test?dbname=precious", QUERY),
        ("127.1:{port}/shop_test?host=127.0.0.2", QUERY),
        ("127.1,127.0.0.1:{port}/shop_test", HOST),
        ("127.0.0.1,127.1:{port}/shop_test", HOST),
        ("127.1.example.com:{port}/shop_test", HOST),
        ("127.1.:{port}/shop_test", HOST),
        ("27.1:{port}/shop_test", HOST),
        ("127.1%20tests.example.com:{port}/shop_test", HOST),
        ("tests.example.com,127.1:{port}/shop_test", HOST),
        ("xtests.example.com:{port}/shop_test", HOST),
        ("example.com:{port}/shop_test", HOST),
    ],
)
def test_allowing_a_host_allows_nothing_else(
    attempt: Attempt, rest: str, reason: str
) -> None:
    setting = "test_database_hosts=127.1 tests.example.com"

    assert_refused(attempt(f"postgresql://{LOGIN}@{rest}", "-o", setting), reason)


@one_driver
@pytest.mark.parametrize("variable", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_variable_is_no_substitute_for_a_host(attempt: Attempt, variable: str) -> None:
    run = attempt("postgresql:///shop_test", **{variable: "127.0.0.1"})

    assert_refused(run, HOST)


OWN_URL = f"postgresql://{LOGIN}@127.0.0.1:{{port}}/own_test"


@one_driver
@pytest.mark.parametrize(
    "application",
    [
        OWN_URL,
        "postgresql+psycopg2://localhost:{port}/own_test",
        "postgres://localhost:{port}/own_test",
        "postgresql://db.example.com/own_test",
        "postgresql://10.0.0.1:6432/own%5Ftest",
        "postgresql://[::1]/own_test_gw1",
        f"postgresql://{LOGIN}@localhost/own_template_test",
        "postgresql://localhost,db.example.com/own_test",
        "postgresql:///own_test?host={sockets}",
        f"postgresql://{LOGIN}@localhost/?host=db.example.com",
        "postgresql:///?service=precious",
        "postgresql://localhost/shop?dbname=own_test",
        "postgresql://localhost/shop?database=own_test",
    ],
)
def test_application_database_is_refused_however_it_is_written(
    attempt: Attempt, application: str
) -> None:
    assert_refused(attempt(OWN_URL, DATABASE_URL=application), OWN)


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        (f"DATABASE_URL={OWN_URL}", {}),
        (f"export database_url='{OWN_URL}'", {}),
        (f"DATABASE_URL=sqlite://\nDatabase_Url={OWN_URL}", {}),
        ("DATABASE_URL=sqlite://", {"DATABASE_URL": OWN_URL}),
        ("DATABASE_URL=sqlite://", {"Database_Url": OWN_URL}),
        ("", {"DATABASE_URL": "sqlite://", "database_url": OWN_URL}),
        # As in a test of a project whose own tests run in pytest-xdist.
        (f"DATABASE_URL={OWN_URL}", {"PYTEST_XDIST_WORKER": "gw0"}),
        (f"DATABASE_URL={OWN_URL}", {"TEST_APPLICATION_DATABASE_URL": "sqlite://"}),
    ],
)
@one_driver
def test_application_database_is_refused_wherever_it_is_set(
    attempt: Attempt, tmp_path: Path, file: str, variables: dict[str, str]
) -> None:
    project = attempt.project.copy(tmp_path / "project")
    (project.root / ".env").write_text(attempt.reach.fill(file))
    run = Attempt(attempt.runner, project, attempt.reach)(OWN_URL, **variables)

    assert_refused(run, OWN)


@one_driver
@pytest.mark.parametrize("application", ["letmein", "postgresql://app:letmein@h:x/a"])
def test_unreadable_application_database_is_named_but_not_quoted(
    attempt: Attempt, application: str
) -> None:
    run = attempt("postgresql://127.0.0.1:{port}/shop_test", DATABASE_URL=application)

    assert_refused(run, "ERROR: DATABASE_URL is not a database URL")


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("127.0.0.1:{port}/shop_test", "shop_test"),
        ("localhost:{port}/shop_test", "shop_test"),
        ("LOCALHOST:{port}/shop_test", "shop_test"),
        (":{port}/shop_test?host={sockets}", "shop_test"),
        (":{port}/shop_test?%68ost={sockets}%2F.", "shop_test"),
        ("127.1:{port}/shop_test", "shop_test"),
        ("0x7F.1:{port}/shop_test", "shop_test"),
        ("127.0.0.1:{port}/shop_test?", "shop_test"),
        ("127.0.0.1:{port}/shop_test?TLS=prefer", "shop_test"),
        ("127.0.0.1:{port}/shop_test_gw7", "shop_test"),
        ("127.0.0.1:{port}/shop%5Ftest", "shop_test"),
        ("127.0.0.1:{port}/-7-Shop_Test_test", "-7-Shop_Test_test"),
        (f"127.0.0.1:{{port}}/{'x' * 43}_test", f"{'x' * 43}_test"),
    ],
)
def test_friendly_url_is_accepted(attempt: Attempt, rest: str, name: str) -> None:
    tls = {"asyncpg": "ssl", "psycopg": "sslmode"}
    rest = rest.replace("TLS", tls[str(attempt.project.answers["postgres_driver"])])
    run = attempt(
        f"postgresql://{LOGIN}@{rest}",
        *("-o", "test_database_hosts=127.1 0X7f.1"),
        # The application's database is on the same server.
        DATABASE_URL=f"postgresql://{LOGIN}@127.0.0.1:{{port}}/precious",
        EXPECTED=f"{name} at {{port}}",
    )

    assert_accepted(run)


@pytest.mark.parametrize(
    "login",
    [
        "postgresql://postgres",
        "postgresql+asyncpg://postgres",
        "postgresql+psycopg://postgres",
        "postgresql+psycopg2://postgres",
        "postgresql://locked:correct",
        "postgresql://postgres:swordfish!#$&()*+,/:;=?[]' 5%letmein",
        "postgresql://postgres:swordfish\N{LATIN SMALL LETTER E WITH ACUTE}letmein",
        "postgresql://s%40%2F%3A%3F%23%25%5B%20%2B:swordfish%25letmein",
    ],
)
def test_users_passwords_and_drivers_of_any_kind_are_accepted(
    attempt: Attempt, login: str
) -> None:
    url = login + "@127.0.0.1:{port}/shop_test"

    assert_accepted(attempt(url, EXPECTED="shop_test at {port}"))


def test_user_and_password_may_come_from_variables(attempt: Attempt) -> None:
    run = attempt(
        "postgresql://localhost:{port}/shop_test",
        EXPECTED="shop_test at {port}",
        PGUSER="locked",
        PGPASSWORD="correct",
    )

    assert_accepted(run)


REDIRECTIONS = [
    {"PGHOST": "127.0.0.2"},
    {"PGHOST": "{traps}", "PGPORT": "5432"},
    {"PGHOSTADDR": "127.0.0.2"},
    {"PGPORT": "{trap}"},
    {"PGDATABASE": "precious"},
    {"PGSERVICE": "precious", "PGSERVICEFILE": "{folder}/pg_service.conf"},
    {"PGSERVICE": "precious", "PGSYSCONFDIR": "{folder}"},
    {"PGSERVICE": "precious", "HOME": "{folder}"},
    {"PGSERVICE": "missing"},
    {"PGOPTIONS": "-c default_transaction_read_only=on"},
    {"PGTARGETSESSIONATTRS": "standby"},
]
EVERY_REDIRECTION = {name: value for row in REDIRECTIONS for name, value in row.items()}


@pytest.mark.parametrize("variables", REDIRECTIONS, ids=" ".join)
def test_variable_of_the_drivers_does_not_lead_away(
    attempt: Attempt, variables: dict[str, str]
) -> None:
    # Without a host, so there is more for variables to say.
    url = f"postgresql://{LOGIN}@:{{port}}/shop_test?host={{sockets}}"

    assert_accepted(attempt(url, EXPECTED="shop_test at {port}", **variables))


def test_all_variables_of_the_drivers_do_not_lead_away_from_a_host(
    attempt: Attempt,
) -> None:
    url = f"postgresql://{LOGIN}@localhost:{{port}}/shop_test"

    assert_accepted(attempt(url, EXPECTED="shop_test at {port}", **EVERY_REDIRECTION))


def test_nothing_leads_away_from_the_server_that_starts_by_itself(
    attempt: Attempt,
) -> None:
    run = attempt(
        "",
        DATABASE_URL=f"postgresql://{LOGIN}@127.0.0.1:{{port}}/precious",
        EXPECTED=f"{attempt.project.package}_test at 5432",
        **EVERY_REDIRECTION,
    )

    assert_accepted(run)


WRONG_PASSWORD = "locked:swordfish%40letmein@127.0.0.1:{port}"
NO_SERVER = "locked:swordfish%40letmein@127.0.0.1:1"
SECOND_CONNECTION = "single:swordfish%40letmein@127.0.0.1:{port}"
VERBOSE = ("--tb=long", "--showlocals", "--full-trace", "-vv")


@pytest.mark.parametrize(
    ("place", "options", "status", "reason"),
    [
        (WRONG_PASSWORD, (), REFUSED, "password authentication failed"),
        (WRONG_PASSWORD, VERBOSE, REFUSED, "password authentication failed"),
        (NO_SERVER, VERBOSE, REFUSED, "cannot connect to"),
        (SECOND_CONNECTION, (), FAILED, "too many connections"),
        (SECOND_CONNECTION, VERBOSE, FAILED, "too many connections"),
        (SECOND_CONNECTION, ("-n1", *VERBOSE), FAILED, "too many connections"),
    ],
)
def test_failed_connection_is_explained_without_the_password(
    attempt: Attempt, place: str, options: tuple[str, ...], status: int, reason: str
) -> None:
    for name in ("failed_test", "failed_test_gw0"):
        attempt.reach.execute(f"DROP DATABASE IF EXISTS {name}")
    run = attempt(f"postgresql://{place}/failed_test", *options)

    assert run.status == status, run.output
    assert reason in run.output
