"""What clients of an API meet when its database fails: nothing that is untrue."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest

from .matrix.facts import DRIVERS
from .matrix.postgresql import postgresql_server
from .matrix.projects import Renderer
from .matrix.runs import DEADLINE
from .matrix.serving import running, serve, with_database

pytestmark = pytest.mark.one_of("driver")

NEW = {"title": "Build", "project_id": 1, "created_by_id": 1}
DATABASES = ["aiosqlite", *DRIVERS]


def is_postponed(response: httpx2.Response) -> bool:
    """Return whether a client is told that nothing was done, and when to come again."""
    assert response.headers["Content-Type"] == "application/problem+json"
    return (
        response.status_code == 503
        and response.headers["Retry-After"] == "1"
        and "nothing was changed" in response.json()["detail"]
    )


@contextmanager
def client_of(address: str) -> Iterator[httpx2.Client]:
    """Give a client that waits long, for as many requests at once as are wanted."""
    with httpx2.Client(base_url=address, timeout=DEADLINE) as client:
        yield client


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
        ThreadPoolExecutor(16) as threads,
    ):
        answers = {}
        for number in range(400):
            new = NEW | {"title": f"Task {number}"}
            answers[new["title"]] = threads.submit(client.post, "/tasks", json=new)
        while not all(answer.done() for answer in answers.values()):
            admin.execute(end)
        rows = admin.execute("SELECT title FROM task").fetchall()
    stored = {title for (title,) in rows}

    outcomes = {title: answer.result() for title, answer in answers.items()}
    assert {answer.status_code for answer in outcomes.values()} <= {201, 503}
    for title, answer in outcomes.items():
        if answer.status_code == 201:
            assert title in stored
        elif "Retry-After" in answer.headers:
            assert title not in stored
        else:
            assert "Look whether it is there." in answer.json()["detail"]


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
        stored, after = set(), 0
        while page := httpx2.get(f"{address}/tasks?limit=100&after={after}").json():
            stored |= {task["title"] for task in page}
            after = page[-1]["id"]
        assert acknowledged <= stored
