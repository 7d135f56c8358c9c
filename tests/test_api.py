"""The API of rendered projects on real servers, started as their README says."""

import json
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from .matrix import environment
from .matrix.facts import DRIVERS
from .matrix.projects import Renderer
from .matrix.runs import DEADLINE, wait_while
from .matrix.serving import prepare_database, running, serve, with_database
from .scenarios import Make

pytestmark = pytest.mark.one_of("driver", "migrations", "workers")

SLOW = '''

@app.get("/slow")
def wait_for_pipe() -> str:
    """Answer with what somebody writes."""
    with open("pipe") as pipe:
        return pipe.read()
'''
BROKEN = '''

@app.get("/broken")
async def fail() -> None:
    """Fail, with what nobody should read."""
    raise RuntimeError("broken at postgresql://me:secret@host")
'''
NEW = {"title": "Build", "project_id": 1, "created_by_id": 1}


@pytest.mark.parametrize("migrations", ["alembic", "none"])
def test_development_server_works_on_the_default_database(
    make: Make, migrations: str
) -> None:
    project = make(api="fastapi", migrations=migrations)
    shutil.copy(project.root / ".env.example", project.root / ".env")
    prepare_database(project)

    with (
        serve(project, "dev") as url,
        httpx2.Client(base_url=url, timeout=DEADLINE) as client,
    ):
        assert client.get("/healthz").json() == {"status": "ok"}
        created = client.post("/tasks", json=NEW)
        assert created.status_code == 201
        assert client.get(created.headers["Location"]).json() == created.json()
        assert client.get("/tasks").json() == [created.json()]
    assert list(project.root.glob("*.db"))


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_workers_store_all_that_is_sent_at_once(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)

    with (
        serve(project, "run", "--workers", "2", DATABASE_URL=url) as address,
        httpx2.Client(base_url=address, timeout=DEADLINE) as client,
        ThreadPoolExecutor(16) as threads,
    ):
        requests = [threads.submit(client.post, "/tasks", json=NEW) for _ in range(96)]
        created = [request.result() for request in requests]
        stored = client.get("/tasks", params={"limit": 100}).json()
    assert {response.status_code for response in created} == {201}
    assert len(stored) == len(created)
    by_id = {task["id"]: task for task in stored}
    assert by_id == {task["id"]: task for task in (r.json() for r in created)}


# What a project's documentation says, the plain program, and with several workers.
IN_PRODUCTION = (sys.executable, "-m", "task_tracker.api")
PROGRAMS = [
    (environment.program("fastapi"), "run"),
    IN_PRODUCTION,
    (*IN_PRODUCTION, "--workers", "2"),
]
FAULTS = {
    "database_url: Value error, DATABASE_URL is not set": {},
    "LOG_LEVEL: Input should be 'DEBUG', 'INFO'": {"LOG_LEVEL": "LOUD"},
    "database lacks a migration: run `alembic upgrade head`": {},
    "cannot connect to sqlite+aiosqlite:////nowhere/app.db: unable to open": {
        "DATABASE_URL": "sqlite:////nowhere/app.db"
    },
    "cannot connect to postgresql+asyncpg://me:***@127.0.0.1:1/app": {
        "DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/app"
    },
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda words: " ".join(words[1:]))
@pytest.mark.parametrize("told", FAULTS)
def test_server_that_cannot_work_says_why_in_a_line_and_fails(
    make: Make, program: tuple[str, ...], told: str
) -> None:
    project = make(api="fastapi", backend="sqlite-and-postgresql")
    own = dict(FAULTS[told])
    if "not set" not in told:
        own = {"DATABASE_URL": "sqlite:///app.db"} | own
    done = environment.run(project.root, *program, "--port", "0", **own)

    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
    # Uvicorn says what it is about to do.
    assert len(done.stderr.splitlines()) == (4 if program == PROGRAMS[0] else 1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_being_answered_is_finished_before_the_end(
    make: Make, workers: str
) -> None:
    project = make(api="fastapi")
    url = {"DATABASE_URL": "sqlite:///app.db"}
    prepare_database(project, **url)
    main = project.root / "src" / project.package / "api" / "main.py"
    main.write_text(main.read_text() + SLOW)
    pipe = project.root / "pipe"
    os.mkfifo(pipe)

    command = (*IN_PRODUCTION, "--workers", workers)
    with (
        running(project, *command, **url) as (server, address),
        ThreadPoolExecutor(1) as thread,
    ):
        answer = thread.submit(httpx2.get, f"{address}/slow", timeout=DEADLINE)
        with pipe.open("w") as writer:  # waits until the request is at work
            server.terminate()
            log = project.root / "server.log"
            wait_while(lambda: "Waiting for connections" not in log.read_text())
            writer.write("done")
        assert answer.result().json() == "done"
        assert server.wait(DEADLINE) in (0, -signal.SIGTERM)
    assert "Application shutdown complete" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_logs_are_lines_of_json_and_errors_end_no_connection(make: Make) -> None:
    project = make(api="fastapi")
    url = {"DATABASE_URL": "sqlite:///app.db"}
    prepare_database(project, **url)
    main = project.root / "src" / project.package / "api" / "main.py"
    main.write_text(main.read_text() + BROKEN)

    with (
        running(project, *IN_PRODUCTION, **url) as (_, address),
        httpx2.Client(base_url=address, timeout=DEADLINE) as client,
    ):
        failed = client.get("/broken", headers={"X-Request-ID": "mine"})
        found = client.get("/tasks")
    assert (failed.status_code, found.status_code) == (500, 200)
    assert failed.extensions["network_stream"] is found.extensions["network_stream"]
    text = (project.root / "server.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    [error] = [line for line in lines if line["level"] == "ERROR"]
    assert "RuntimeError: broken at postgresql://me:***@host" in error["message"]
    assert "secret" not in text
    requests = [line for line in lines if "duration_ms" in line]
    assert [(line["path"], line["status"]) for line in requests] == [
        ("/broken", 500),
        ("/tasks", 200),
    ]
    ids = [failed.headers["X-Request-ID"], found.headers["X-Request-ID"]]
    assert [line["request_id"] for line in requests] == ids
    assert error["request_id"] == ids[0] == "mine"
    # What Uvicorn says, other than what it would say of each request.
    assert "Uvicorn running on" in text
    assert "HTTP/1.1" not in text
