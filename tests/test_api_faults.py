"""What clients of an API meet when its database fails: nothing that is untrue."""

import itertools
import os
import resource
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest

from .matrix.environment import FILES
from .matrix.facts import DRIVERS
from .matrix.postgresql import pgbouncer, postgresql_server, restart
from .matrix.projects import Renderer
from .matrix.runs import DEADLINE, wait_while
from .matrix.serving import running, serve, with_database

pytestmark = pytest.mark.one_of("driver")

NEW = {"title": "Build", "project_id": 1, "created_by_id": 1}
DATABASES = ["aiosqlite", *DRIVERS]


def is_postponed(response: httpx2.Response) -> bool:
    """Return whether a client is told that nothing was done, and when to come again."""
    assert response.headers["Content-Type"] == "application/problem+json"
    return (
        response.status_code == 503
        and response.headers.get("Retry-After") == "1"
        and "nothing was changed" in response.json()["detail"]
    )


@contextmanager
def client_of(address: str) -> Iterator[httpx2.Client]:
    """Give a client that waits long, for as many requests at once as are wanted."""
    with httpx2.Client(base_url=address, timeout=DEADLINE) as client:
        yield client


def is_in_doubt(response: httpx2.Response) -> bool:
    """Return whether a client is told that its work may be stored, or not."""
    told = "Look whether it is there." in response.text
    return told and response.status_code == 503


@contextmanager
def posting(
    client: httpx2.Client, *, is_ended: bool = False
) -> Iterator[dict[str, httpx2.Response]]:
    """Create tasks and read for the block, 16 at once; yield the answers by title.

    If the server `is_ended` meanwhile, those who meet nobody stop.
    """
    answers: dict[str, httpx2.Response] = {}
    numbers, is_over = itertools.count(), threading.Event()

    def work() -> None:
        while not is_over.is_set():
            title = f"{next(numbers):_>200}"
            try:
                answers[title] = client.post("/tasks", json=NEW | {"title": title})
                read = client.get("/tasks", params={"limit": 1})
            except httpx2.TransportError:
                if is_ended:
                    return
                raise
            assert read.status_code == 200 or is_postponed(read), read.text

    with ThreadPoolExecutor(16) as threads:
        workers = [threads.submit(work) for _ in range(16)]
        try:
            yield answers
        finally:
            is_over.set()
            for worker in workers:
                worker.result()


def wait_for(answers: dict[str, httpx2.Response], status: int, number: int) -> None:
    """Wait until so many more answers have a status."""

    def count() -> int:
        return [a.status_code for a in [*answers.values()]].count(status)

    wanted = count() + number
    wait_while(lambda: count() < wanted)


def stored(url: str) -> list[str]:
    """Return the titles of all tasks in a database."""
    driver = sqlite3 if url.startswith("sqlite") else psycopg
    with closing(driver.connect(url.removeprefix("sqlite:///"))) as connection:
        return [str(title) for (title,) in connection.execute("SELECT title FROM task")]


def commit_at_once(url: str) -> None:
    """Let a server store what it acknowledges, unlike one whose data nobody misses."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER ROLE postgres SET synchronous_commit = on")


def check(answers: dict[str, httpx2.Response], url: str) -> None:
    """Fail unless all were told what is true, and nothing else is stored."""
    titles = stored(url)
    assert len(titles) == len({*titles})
    assert {*titles} <= answers.keys()
    for title, answer in answers.items():
        if not is_in_doubt(answer):
            assert answer.status_code == 201 or is_postponed(answer), answer.text
            assert (answer.status_code == 201) == (title in titles)


@pytest.mark.parametrize("driver", DRIVERS)
def test_locked_row_stops_only_those_who_change_it(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    with (
        serve(project, "run", DATABASE_URL=url, DATABASE_LOCK_TIMEOUT="1") as address,
        client_of(address) as client,
        psycopg.connect(url) as holder,
        ThreadPoolExecutor(40) as threads,
    ):
        path = client.post("/tasks", json=NEW).headers["Location"]
        holder.execute("SELECT FROM task FOR UPDATE")
        change = {"title": "Rebuild"}
        changes = [threads.submit(client.patch, path, json=change) for _ in range(40)]
        for readable in ("/livez", "/healthz", "/tasks", path):
            assert client.get(readable).status_code == 200
        assert all(is_postponed(change.result()) for change in changes)
        holder.rollback()

        assert client.patch(path, json=change).json()["title"] == "Rebuild"


@pytest.mark.parametrize("driver", DATABASES)
def test_change_that_meets_a_deletion_is_told_so(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    with (
        serve(project, "run", DATABASE_URL=url) as address,
        client_of(address) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        for _ in range(12):
            path = client.post("/tasks", json=NEW).headers["Location"]
            deletion = threads.submit(client.delete, path)
            changes = [
                threads.submit(client.patch, path, json={"title": str(number)})
                for number in range(4)
            ]
            assert deletion.result().status_code == 204
            assert {change.result().status_code for change in changes} <= {
                200,
                404,
                409,
            }


@pytest.mark.parametrize("driver", DRIVERS)
def test_pool_that_is_used_up_is_no_error_of_the_servers(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    pool = {"DATABASE_POOL_SIZE": "1", "DATABASE_POOL_TIMEOUT": "0.2"}
    with (
        serve(project, "run", DATABASE_URL=url, **pool) as address,
        client_of(address) as client,
        psycopg.connect(url) as holder,
        ThreadPoolExecutor(8) as threads,
    ):
        path = client.post("/tasks", json=NEW).headers["Location"]
        holder.execute("SELECT FROM task FOR UPDATE")
        changes = [threads.submit(client.patch, path, json={}) for _ in range(2)]
        waiting = [
            threads.submit(client.patch, path, json={"title": "x"}) for _ in "1234"
        ]
        assert [change.result().status_code for change in waiting].count(503) >= 3
        assert all(is_postponed(c.result()) for c in waiting if c.result().is_error)
        assert client.get("/livez").status_code == 200
        holder.rollback()
        assert {change.result().status_code for change in changes} <= {200, 503}
        assert client.get("/tasks").status_code == 200


@pytest.mark.parametrize("driver", DRIVERS)
def test_server_that_has_stopped_is_no_error_of_the_applications(
    render: Renderer, tmp_path: Path, driver: str
) -> None:
    with ExitStack() as stack:
        running = stack.enter_context(ExitStack())
        port = running.enter_context(postgresql_server())
        project, url = with_database(render, tmp_path, driver, port)
        address = stack.enter_context(serve(project, "run", DATABASE_URL=url))
        client = stack.enter_context(client_of(address))
        path = client.post("/tasks", json=NEW).headers["Location"]
        running.close()

        assert client.get("/livez").status_code == 200
        assert client.get("/healthz").status_code == 503
        for _ in range(2):  # with a connection, and without
            assert is_postponed(client.get("/tasks"))
            assert is_postponed(client.post("/tasks", json=NEW))
            assert is_postponed(client.delete(path))


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_is_acknowledged_is_stored_and_what_is_refused_is_not(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    end += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with (
        serve(project, "run", DATABASE_URL=url) as address,
        client_of(address) as client,
        psycopg.connect(url, autocommit=True) as admin,
        posting(client) as answers,
    ):

        def is_short() -> bool:
            admin.execute(end)
            return len(answers) < 400

        wait_while(is_short)
    check(answers, url)


@pytest.mark.parametrize("driver", DRIVERS)
def test_restart_of_postgresql_needs_none_of_the_api(
    render: Renderer, tmp_path: Path, driver: str
) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(postgresql_server())
        project, url = with_database(render, tmp_path, driver, port)
        commit_at_once(url)
        address = stack.enter_context(serve(project, "run", DATABASE_URL=url))
        client = stack.enter_context(client_of(address))
        with posting(client) as answers:
            for stop in (signal.SIGINT, signal.SIGQUIT):  # "fast" and "immediate"
                wait_for(answers, 201, 20)
                stack.enter_context(restart(port, stop))
            wait_for(answers, 201, 20)
        check(answers, url)
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("driver", DATABASES)
def test_migrations_fail_no_request(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    versions = project.root / "migrations" / "versions"
    with (
        serve(project, "run", DATABASE_URL=url) as address,
        client_of(address) as client,
        posting(client) as answers,
    ):
        shutil.copy(FILES / "revisions" / "0002_column.py", versions)
        for change in ("upgrade head", "downgrade 0001") * 3:
            wait_for(answers, 201, 20)
            project.run("alembic", *change.split(), DATABASE_URL=url)
        wait_for(answers, 201, 20)
    check(answers, url)


@pytest.mark.parametrize("driver", DRIVERS)
def test_full_disk_of_postgresql_stops_only_those_who_write(
    render: Renderer, tmp_path: Path, driver: str
) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(postgresql_server("100m"))
        project, url = with_database(render, tmp_path, driver, port)
        commit_at_once(url)
        address = stack.enter_context(serve(project, "run", DATABASE_URL=url))
        client = stack.enter_context(client_of(address))
        admin = stack.enter_context(psycopg.connect(url, autocommit=True))
        admin.execute("SELECT pg_switch_wal()")  # the log gets a new file, with room
        with posting(client) as answers:
            wait_for(answers, 201, 1)
            admin.execute("COPY (SELECT) TO PROGRAM 'cat /dev/zero >filler || true'")
            wait_for(answers, 503, 100)
            assert client.get("/tasks").status_code == 200
            admin.execute("COPY (SELECT) TO PROGRAM 'rm filler'")
            wait_for(answers, 201, 20)
        check(answers, url)
        assert not any(map(is_in_doubt, answers.values()))


def test_full_disk_of_sqlite_stops_only_those_who_write(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    project, url = with_database(render, tmp_path, "aiosqlite", server)
    command = (sys.executable, "-m", f"{project.package}.api")
    with (
        running(project, *command, DATABASE_URL=url) as (process, address),
        client_of(address) as client,
        posting(client) as answers,
    ):
        wait_for(answers, 201, 20)
        # A file may be no larger, which looks alike: a write fails in its middle.
        limit = (tmp_path / "app.db-wal").stat().st_size + 100
        _, no_limit = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, no_limit))
        wait_for(answers, 503, 100)
        assert client.get("/tasks").status_code == 200
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))
        wait_for(answers, 201, 20)
    check(answers, url)
    assert not any(map(is_in_doubt, answers.values()))


# What the comment in `database.py` says of a PgBouncer without prepared statements.
OPTIONS = {
    "asyncpg": '{"statement_cache_size": 0}',
    "psycopg": '{"prepare_threshold": None}',
}


@pytest.mark.parametrize("driver", DRIVERS)
def test_pooler_of_transactions_fails_no_request(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    module = project.root / "src" / project.package / "database.py"
    text = module.read_text()
    assert OPTIONS[driver] in text
    option = f"pool_pre_ping=True, connect_args={OPTIONS[driver]}"
    module.write_text(text.replace("pool_pre_ping=True", option))
    settings = ["pool_mode = transaction", "max_prepared_statements = 0"]
    command = (sys.executable, "-m", f"{project.package}.api", "--workers", "2")
    with pgbouncer(server, tmp_path, [*settings, "default_pool_size = 4"]) as port:
        pooled = url.replace(f":{server}/", f":{port}/")
        with (
            running(project, *command, DATABASE_URL=pooled) as (_, address),
            client_of(address) as client,
            posting(client) as answers,
        ):
            wait_for(answers, 201, 400)
    check(answers, url)
    assert {answer.status_code for answer in answers.values()} == {201}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("driver", DATABASES)
def test_what_was_stored_until_the_end_was_acknowledged(
    render: Renderer, tmp_path: Path, server: int, driver: str, workers: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    command = (sys.executable, "-m", f"{project.package}.api", "--workers", workers)
    with (
        running(project, *command, DATABASE_URL=url) as (process, address),
        client_of(address) as client,
        posting(client, is_ended=True) as answers,
    ):
        wait_for(answers, 201, 50)
        process.terminate()
        assert process.wait(DEADLINE) in (0, -signal.SIGTERM)
    check(answers, url)
    assert {answer.status_code for answer in answers.values()} == {201}


def test_readers_of_sqlite_do_not_wait_for_writers(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    project, url = with_database(render, tmp_path, "aiosqlite", server)
    with (
        serve(project, "run", DATABASE_URL=url) as address,
        client_of(address) as client,
        ThreadPoolExecutor(24) as threads,
    ):
        holder = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        writers = [threads.submit(client.post, "/tasks", json=NEW) for _ in range(12)]
        readers = [threads.submit(client.get, "/tasks") for _ in range(60)]
        assert {reader.result().json() == [] for reader in readers} == {True}
        assert not any(writer.done() for writer in writers)
        assert all(is_postponed(writer.result()) for writer in writers)
        holder.rollback()

        assert client.post("/tasks", json=NEW).status_code == 201
        holder.close()


@pytest.mark.parametrize("driver", DATABASES)
def test_worker_that_is_killed_takes_along_nothing_that_was_acknowledged(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    command = (sys.executable, "-m", f"{project.package}.api", "--workers", "2")
    with (
        running(project, *command, DATABASE_URL=url) as (process, address),
        ThreadPoolExecutor(16) as threads,
    ):

        def create(title: str) -> str:
            try:
                created = httpx2.post(
                    f"{address}/tasks", json=NEW | {"title": title}, timeout=DEADLINE
                )
            except httpx2.TransportError:  # its worker was killed
                return ""
            return title if created.status_code == 201 else ""

        created = [threads.submit(create, f"Task {n}") for n in range(200)]
        created[20].result()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
        acknowledged = {title.result() for title in created} - {""}

        assert len(acknowledged) > 20
        assert acknowledged <= {*stored(url)}
