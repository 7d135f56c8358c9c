"""The guard for PostgreSQL through pytest: it keeps every other database as it is.

Where a URL could lead, if it were accepted, there is a server with a precious
database, or a trap: a socket that listens, and that nobody may connect to. No name of
a host is ever looked up. All rules, as a function: `test_hostile_urls.py`.
"""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .hostile_urls import (
    AT,
    FORM,
    HOST,
    KIND,
    LOGIN,
    NAME,
    OWN,
    OWN_URL,
    QUERY,
    SECRETS,
)
from .matrix.facts import DRIVERS
from .matrix.projects import Project, Renderer
from .matrix.runner import Run, run_pytest
from .scenarios import add_scenario

FAILED, REFUSED = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR
WORKERS = ("-n", "2")


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


@pytest.fixture(scope="module")
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
        for role, password in [("locked", "correct"), ("s@/:?#%[ +", "!'%@:/ \u00e9")]:
            password = password.replace("'", "''")
            reach.execute(
                f"CREATE ROLE \"{role}\" SUPERUSER LOGIN PASSWORD '{password}'"
            )
        reach.execute("CREATE ROLE single CREATEDB LOGIN CONNECTION LIMIT 1")
        [file] = reach.execute("SHOW hba_file")
        lines = ['host all locked,"s@/:?#%[ +" all scram-sha-256']
        lines += ["host all all all trust", "local all all trust"]
        rows = ", ".join(f"('{line}')" for line in lines)
        reach.execute(f"COPY (VALUES {rows}) TO '{file}'")
        reach.execute("SELECT pg_reload_conf()")
        yield reach


@pytest.fixture(scope="module", params=DRIVERS)
def project(request: pytest.FixtureRequest, render: Renderer, own: Path) -> Project:
    """A copy of a project for PostgreSQL, with tests that look where they are."""
    project = render(backend="postgresql", postgres_driver=request.param)
    folder = own / f"guard_{request.param}"
    copy = Project(project.answers, folder) if folder.exists() else project.copy(folder)
    add_scenario(copy, "where")
    return copy


class Attempt:
    """Runs the tests of one project on URLs, with all that is within their reach."""

    def __init__(self, project: Project, reach: Reach) -> None:
        self.project, self.reach = project, reach

    def __call__(
        self, url: str, /, *options: str, dotenv: str = "", **variables: str
    ) -> Run:
        """Run the tests on a URL; words in braces, in variables too, are filled in.

        Fails if any part of a password is printed, or anything precious has changed.
        """
        (self.project.root / ".env").write_text(self.reach.fill(dotenv))
        variables["TEST_DATABASE_URL"] = url
        before = self.reach.contents()
        run = run_pytest(
            self.project.root,
            ["-p", "no:cacheprovider", "tests/test_where.py", *options],
            # A trap never answers: whoever falls into one should not wait forever.
            PGCONNECT_TIMEOUT="5",
            **{name: self.reach.fill(value) for name, value in variables.items()},
        )
        assert not [part for part in SECRETS if part in run.output], run.output
        assert self.reach.contents() == before
        assert self.reach.visitors() == []
        return run


@pytest.fixture(scope="module")
def attempt(project: Project, reach: Reach) -> Attempt:
    """Runs the tests of a project on URLs, of one with each driver in turn."""
    return Attempt(project, reach)


SHOP = f"postgresql://{LOGIN}@127.0.0.1:{{port}}/shop_test"
ALLOW = ("-o", "test_database_hosts=127.1 tests.example.com")
# What is refused: each kind of rule, where drivers would be led away were it accepted.
HOSTILE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("asyncpg", f"postgresql://{LOGIN}@127.0.0.1,127.1:{{port}}/shop_test", HOST, {}),
    ("psycopg", f"postgresql://{LOGIN}@[::1%lo,127.1]:{{port}}/shop_test", HOST, {}),
    ("psycopg", "postgresql:///shop_test", HOST, {"PGHOST": "127.0.0.1"}),
    ("psycopg", "postgresql:///shop_test", HOST, {"PGSERVICE": "precious"}),
    ("asyncpg", SHOP.replace("shop_test", "precious"), NAME, {}),
    ("psycopg", SHOP.replace("shop_test", "dbname=precious%20a=_test"), NAME, {}),
    ("asyncpg", f"{SHOP}?port={{trap}}", QUERY, {}),
    ("psycopg", f"{SHOP}?hostaddr=127.0.0.2", QUERY, {}),
    ("asyncpg", f"{SHOP}?database=precious", QUERY, {}),
    ("psycopg", f"{SHOP}?dbname=precious", QUERY, {}),
    ("psycopg", f"{SHOP}?service=precious", QUERY, {"PGSYSCONFDIR": "{folder}"}),
    ("asyncpg", f"postgresql://{LOGIN}@/shop_test?host={{traps}},127.1", QUERY, {}),
    ("asyncpg", "sqlite+aiosqlite:///{folder}/shop_test", KIND, {}),
    ("psycopg", f"jdbc:{SHOP}", FORM, {}),
    ("asyncpg", SHOP.replace(":sword", "%00options%00-crole%3Dx:sword"), FORM, {}),
    ("psycopg", SHOP.replace("%40letmein", "%00letmein"), FORM, {}),
    ("psycopg", SHOP.replace("%40letmein", "@letmein/"), AT, {}),
    ("asyncpg", SHOP.replace("127.0.0.1", "127.1.example.com"), HOST, {"o": ALLOW}),
    ("psycopg", SHOP.replace("127.0.0.1", "127.1,127.0.0.1"), HOST, {"o": ALLOW}),
    ("psycopg", SHOP.replace("127.0.0.1", "127.1"), HOST, {"o": WORKERS}),
    ("asyncpg", OWN_URL, OWN, {"DATABASE_URL": "postgresql:///?service=precious"}),
    ("psycopg", OWN_URL, OWN, {"dotenv": f"export database_url='{OWN_URL}'"}),
    ("psycopg", OWN_URL, OWN, {"dotenv": f"DATABASE_URL={OWN_URL}", "o": WORKERS}),
    ("psycopg", SHOP, "DATABASE_URL is not a database", {"DATABASE_URL": "letmein"}),
]


@pytest.mark.parametrize(
    ("project", "url", "reason", "more"), HOSTILE, indirect=["project"]
)
def test_hostile_url_is_refused_before_anything_is_opened(
    attempt: Attempt, url: str, reason: str, more: dict[str, Any]
) -> None:
    variables = {name: value for name, value in more.items() if name != "o"}
    run = attempt(url, *more.get("o", ()), **variables)

    assert run.status == REFUSED, run.output
    assert reason in run.output
    assert "DATABASE_URL" in run.output
    assert "Traceback" not in run.output
    assert "test session starts" not in run.output
    assert run.outcomes == {}


LEADING_AWAY = {
    "PGHOST": "127.0.0.2",
    "PGHOSTADDR": "127.0.0.2",
    "PGPORT": "{trap}",
    "PGDATABASE": "precious",
    "PGSERVICE": "precious",
    "PGSERVICEFILE": "{folder}/pg_service.conf",
    "PGSYSCONFDIR": "{folder}",
    "HOME": "{folder}",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGTARGETSESSIONATTRS": "standby",
}
SOCKET = f"postgresql://{LOGIN}@:{{port}}/shop_test?host={{sockets}}"
FRIENDLY: list[tuple[str, dict[str, str]]] = [
    (SHOP, {}),
    (SHOP.replace("127.0.0.1", "LOCALHOST").replace("_", "%5F") + "?TLS=prefer", {}),
    # It is allowed, and looks like nothing that is.
    (SHOP.replace("127.0.0.1", "0x7F.1"), {}),
    # Without a host, there is more for variables to say.
    (SOCKET, LEADING_AWAY),
    (SOCKET, {"PGHOST": "{traps}", "PGPORT": "5432", "PGSERVICE": "missing"}),
    (SHOP.replace("127.0.0.1", "localhost"), LEADING_AWAY),
    ("", LEADING_AWAY),
    ("postgresql+psycopg2://locked:correct@localhost:{port}/shop_test", {}),
    (
        "postgresql://localhost:{port}/shop_test",
        {"PGUSER": "locked", "PGPASSWORD": "correct"},
    ),
    (
        "postgresql://s%40%2F%3A%3F%23%25%5B%20%2B:!'%25%40%3A%2F \u00e9@"
        "localhost:{port}/shop_test",
        {},
    ),
]


@pytest.mark.parametrize(("url", "variables"), FRIENDLY)
def test_friendly_url_is_accepted_and_nothing_leads_away_from_it(
    attempt: Attempt, url: str, variables: dict[str, str]
) -> None:
    tls = {"asyncpg": "ssl", "psycopg": "sslmode"}
    url = url.replace("TLS", tls[str(attempt.project.answers["postgres_driver"])])
    run = attempt(
        url,
        "-o",
        "test_database_hosts=127.1 0X7f.1",
        # The application's database is on the same server.
        DATABASE_URL=f"postgresql://{LOGIN}@127.0.0.1:{{port}}/precious",
        EXPECTED="shop_test at {port}" if url else "app_test at 5432",
        **variables,
    )

    assert run.status == 0, run.output
    assert list(run.outcomes.values()) == ["passed", "passed"]


WRONG_PASSWORD = "locked:swordfish%40letmein@127.0.0.1:{port}"
NO_SERVER = "locked:swordfish%40letmein@127.0.0.1:1"
SECOND_CONNECTION = "single:swordfish%40letmein@127.0.0.1:{port}"
VERBOSE = ("--tb=long", "--showlocals", "--full-trace", "-vv")


@pytest.mark.parametrize(
    ("place", "options", "status", "reason"),
    [
        (WRONG_PASSWORD, VERBOSE, REFUSED, "password authentication failed"),
        (NO_SERVER, VERBOSE, REFUSED, "cannot connect to"),
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


@pytest.mark.parametrize(
    ("project", "name"),
    [("asyncpg", "taken_test"), ("psycopg", "taken_template_test")],
    indirect=["project"],
)
def test_database_with_somebodys_tables_is_refused_and_kept(
    attempt: Attempt, name: str
) -> None:
    admin = f"postgresql://postgres@127.0.0.1:{attempt.reach.port}"
    attempt.reach.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{admin}/{name}", autocommit=True) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")
    run = attempt("postgresql://postgres@127.0.0.1:{port}/taken_test")

    assert run.status == REFUSED, run.output
    assert f"the database {name} holds tables" in run.output
    with psycopg.connect(f"{admin}/{name}") as connection:
        rows = connection.execute("SELECT answer FROM precious").fetchall()
    assert rows == [(42,)]
    attempt.reach.execute(f"DROP DATABASE {name}")
