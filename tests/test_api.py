"""The API of rendered projects on real servers, started as their README says."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from .matrix import environment
from .matrix.facts import DRIVERS
from .matrix.projects import Renderer
from .matrix.runs import DEADLINE
from .matrix.serving import prepare_database, serve, with_database
from .scenarios import Make

pytestmark = pytest.mark.one_of("driver", "migrations", "workers")

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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_server_without_a_database_url_says_so_and_ends(
    make: Make, workers: str
) -> None:
    project = make(api="fastapi")
    command = ["run", "--host", "127.0.0.1", "--port", "0", "--workers", workers]
    done = environment.run(project.root, environment.program("fastapi"), *command)

    # Where there are several workers, uvicorn ends with 0.
    assert done.returncode != 0 or workers != "1"
    assert "DATABASE_URL is not set" in done.stdout + done.stderr
