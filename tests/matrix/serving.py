"""A rendered project's API, served by FastAPI's own program."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import environment
from .environment import FILES
from .facts import DRIVERS
from .postgresql import create_database
from .projects import Project, Renderer
from .questionnaire import Value
from .runs import DEADLINE, wait_while


def with_database(
    render: Renderer, folder: Path, driver: str, server: int
) -> tuple[Project, str]:
    """Return a project for a driver, in `folder`, and the URL of its database.

    That is prepared. A database for PostgreSQL is on the server at the port `server`.
    """
    answers: dict[str, Value] = {"backend": "sqlite-file"}
    url = f"sqlite:///{folder}/app.db"
    if driver in DRIVERS:
        answers = {"backend": "postgresql", "postgres_driver": driver}
        url = create_database(server, folder.name)
    project = render(api="fastapi", **answers).copy(folder / "project")
    prepare_database(project, DATABASE_URL=url)
    return project, url


def prepare_database(project: Project, **own: str) -> None:
    """Create the tables as the project's README says, a project and a worker."""
    if project.answers["migrations"] == "alembic":
        project.run("alembic", "upgrade", "head", **own)
    else:
        project.run(sys.executable, "-m", f"{project.package}.create_tables", **own)
    project.run(sys.executable, FILES / "first_rows.py", **own)


@contextmanager
def serve(project: Project, *command: str, **own: str) -> Iterator[str]:
    """Run `fastapi` with a command and its options for the block; yield the URL."""
    with running(project, environment.program("fastapi"), *command, **own) as server:
        yield server[1]


@contextmanager
def running(
    project: Project, *command: str, **own: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a server for the block, with an address as options; yield it and its URL.

    Its output is in the project's `server.log`.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    address = ["--host", "127.0.0.1", "--port", str(port)]
    log = project.root / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, *address],
            cwd=project.root,
            env=environment.variables(**own),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_while(lambda: server.poll() is None and not _listens(port))
        assert server.poll() is None, log.read_text()
        yield server, f"http://127.0.0.1:{port}"
    finally:
        _stop(server)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End a server and the processes that it has started."""
    server.terminate()
    try:
        server.wait(DEADLINE)
    finally:
        with suppress(ProcessLookupError):  # none is left
            os.killpg(server.pid, signal.SIGKILL)
