"""The guard for PostgreSQL through pytest: it keeps every other database as it is.

Where a URL could lead, if it were accepted, there is a server with a precious
database, or a trap: a socket that listens, and that nobody may connect to. No name of
a host is ever looked up. All rules, as a function: `test_hostile_urls.py`.
"""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .hostile_urls import ACCEPTED_BY_PYTEST, LOGIN, REFUSED_BY_PYTEST, SECRETS
from .matrix.facts import DRIVERS
from .matrix.projects import Renderer
from .matrix.runner import Run, run_pytest
from .matrix.runs import ADMIN
from .scenarios import add_scenario

FAILED, REFUSED = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR
PREPARATIONS = """
    CREATE TABLE task AS SELECT 'precious row' AS title;
    CREATE ROLE locked SUPERUSER LOGIN PASSWORD 'correct';
    CREATE ROLE "s@/:?#%[ +" SUPERUSER LOGIN PASSWORD '!''%@:/ \u00e9';
    CREATE ROLE single CREATEDB LOGIN CONNECTION LIMIT 1;
"""
ACCESS = """
host all locked,"s@/:?#%[ +" all scram-sha-256
host all all all trust
local all all trust
"""
# A run that fails while it makes its database leaves it behind.
CONTENTS = (
    "SELECT title FROM task UNION ALL "
    "SELECT datname FROM pg_database WHERE datname NOT LIKE 'failed%' ORDER BY 1"
)


@dataclass
class Reach:
    """What hostile URLs could reach, and what the words in braces stand for."""

    precious: psycopg.Connection[Any]
    traps: list[socket.socket]
    words: dict[str, object]


@pytest.fixture(scope="session")
def reach(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    """A server with a precious database, and traps."""
    folder = tmp_path_factory.mktemp("reach")
    service = "[precious]\nhost=127.0.0.2\nhostaddr=127.0.0.2\ndbname=precious\n"
    for name in ("pg_service.conf", ".pg_service.conf"):
        (folder / name).write_text(service)
    admin = ADMIN.format(port=server)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE own_test")
        connection.execute("CREATE DATABASE precious")
    with ExitStack() as stack:
        traps = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
        traps += [stack.enter_context(socket.create_server(("127.0.0.2", server)))]
        for port in (5432, server):
            traps += [stack.enter_context(socket.socket(socket.AF_UNIX))]
            traps[-1].bind(str(folder / f".s.PGSQL.{port}"))
            traps[-1].listen()
        precious = psycopg.connect(admin, dbname="precious", autocommit=True)
        stack.enter_context(precious)
        precious.execute(PREPARATIONS)
        settings = "SELECT name, setting FROM pg_settings"
        setting: dict[str, str] = dict(precious.execute(settings).fetchall())
        Path(setting["hba_file"]).write_text(ACCESS)
        precious.execute("SELECT pg_reload_conf()")
        words = {"port": server, "sockets": setting["unix_socket_directories"]}
        words |= {"trap": traps[0].getsockname()[1], "traps": folder}
        yield Reach(precious, traps, words)


Attempt = Callable[..., Run]


@pytest.fixture(scope="module", params=DRIVERS)
def attempt(
    request: pytest.FixtureRequest,
    render: Renderer,
    tmp_path_factory: pytest.TempPathFactory,
    reach: Reach,
) -> Attempt:
    """Runs tests that look where they are on a URL: `attempt(url, *options)`.

    Words in braces, in variables too, are filled in. Fails if any part of a password is
    printed, or anything precious has changed.
    """
    tls = {"asyncpg": "ssl", "psycopg": "sslmode"}[request.param]
    words = reach.words | {"driver": request.param, "tls": tls}
    project = render(backend="postgresql", postgres_driver=request.param)
    project = project.copy(tmp_path_factory.mktemp("guard") / "project")
    test = add_scenario(project, "where")

    def attempt(url: str, /, *options: str, dotenv: str = "", **variables: str) -> Run:
        (project.root / ".env").write_text(dotenv.format(**words))
        variables["TEST_DATABASE_URL"] = url
        before = reach.precious.execute(CONTENTS).fetchall()
        run = run_pytest(
            project.root,
            ["-p", "no:cacheprovider", test, *options],
            # A trap never answers: whoever falls into one should not wait forever.
            PGCONNECT_TIMEOUT="5",
            **{name: text.format(**words) for name, text in variables.items()},
        )
        assert not [part for part in SECRETS if part in run.output], run.output
        assert reach.precious.execute(CONTENTS).fetchall() == before
        assert select.select(reach.traps, [], [], 0) == ([], [], [])
        return run

    return attempt


@pytest.mark.parametrize(
    ("attempt", "url", "reason", "variables"), REFUSED_BY_PYTEST, indirect=["attempt"]
)
def test_hostile_url_is_refused_before_anything_is_opened(
    attempt: Attempt, url: str, reason: str, variables: dict[str, str]
) -> None:
    run = attempt(url, **variables)

    assert run.status == REFUSED, run.output
    assert reason in run.output
    assert "Traceback" not in run.output
    assert "test session starts" not in run.output
    assert run.outcomes == {}


@pytest.mark.parametrize(("url", "variables"), ACCEPTED_BY_PYTEST)
def test_friendly_url_is_accepted_and_nothing_leads_away_from_it(
    attempt: Attempt, url: str, variables: dict[str, str]
) -> None:
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


@pytest.mark.parametrize(
    ("place", "workers", "status", "reason"),
    [
        ("locked:PASSWORD@127.0.0.1:{port}", 0, REFUSED, "authentication failed"),
        ("locked:PASSWORD@127.0.0.1:1", 0, REFUSED, "cannot connect to"),
        # The second connection fails.
        ("single:PASSWORD@127.0.0.1:{port}", 0, FAILED, "too many connections"),
        ("single:PASSWORD@127.0.0.1:{port}", 1, FAILED, "too many connections"),
    ],
)
def test_failed_connection_is_explained_without_the_password(
    attempt: Attempt, place: str, workers: int, status: int, reason: str
) -> None:
    place = place.replace("PASSWORD", "swordfish%40letmein")
    verbose = ("--tb=long", "--showlocals", "--full-trace", "-vv")
    run = attempt(
        f"postgresql://{place}/failed_{{driver}}_test", f"-n{workers}", *verbose
    )

    assert run.status == status, run.output
    assert reason in run.output


@pytest.mark.parametrize("name", ["taken_test", "taken_template_test"])
def test_database_with_somebodys_tables_is_refused_and_kept(
    attempt: Attempt, reach: Reach, name: str
) -> None:
    reach.precious.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(reach.precious.info.dsn, dbname=name) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")
        connection.commit()
        run = attempt("postgresql://localhost:{port}/taken_test", PGUSER="postgres")
        rows = connection.execute("SELECT answer FROM precious").fetchall()
    reach.precious.execute(f"DROP DATABASE {name}")

    assert run.status == REFUSED, run.output
    assert f"{name} holds tables" in run.output
    assert rows == [(42,)]
