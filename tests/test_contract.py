"""The API does what its OpenAPI document says, whatever Schemathesis sends it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from .matrix import environment
from .matrix.facts import DRIVERS
from .matrix.projects import Project, Renderer
from .matrix.serving import serve, with_database
from .test_entities import ENTITIES, add_entity

pytestmark = pytest.mark.one_of("driver")

# https://schemathesis.readthedocs.io/en/stable/reference/cli/
REPORT = "report.json"
REQUESTS = "requests.har"
OPTIONS = {
    "--checks": "all",
    "--generation-database": "none",
    "--max-examples": "50",
    "--mode": "all",
    "--phases": "coverage,fuzzing,stateful",  # the document has no examples
    "--report": "har,json",
    "--report-har-path": REQUESTS,
    "--report-json-path": REPORT,
    "--seed": "1",
}


def statuses_by_operation(
    document: dict[str, Any], requests: Path
) -> Iterator[tuple[str, set[int]]]:
    """Yield the document's operations, each with the statuses of its responses."""
    entries = json.loads(requests.read_text())["log"]["entries"]
    for path, operations in document["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        for method in operations:
            yield (
                f"{method.upper()} {path}",
                {
                    entry["response"]["status"]
                    for entry in entries
                    if entry["request"]["method"] == method.upper()
                    and pattern.fullmatch(urlsplit(entry["request"]["url"]).path)
                },
            )


def check(project: Project, url: str, folder: Path) -> None:
    """Send requests of all kinds to each operation, and look at the responses."""
    command = [environment.program("schemathesis"), "run"]
    command += [f"{option}={value}" for option, value in OPTIONS.items()]
    with serve(project, "run", DATABASE_URL=url) as address:
        description = f"{address}/openapi.json"
        done = environment.run(folder, *command, "--continue-on-failure", description)
        document = httpx2.get(description).json()
    assert done.returncode == 0, done.stdout + done.stderr

    # It really has asked.
    report = json.loads((folder / REPORT).read_text())
    for phase in OPTIONS["--phases"].split(","):
        assert report["phases"][phase]["status"] == "success"
    for operation, statuses in statuses_by_operation(document, folder / REQUESTS):
        assert any(200 <= status < 300 for status in statuses), operation
        assert max(statuses) < 500, operation


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_api_does_what_its_description_says(
    render: Renderer, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)

    check(project, url, tmp_path)


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_api_of_new_entities_does_what_its_description_says(
    render: Renderer, template: Path, tmp_path: Path, server: int, driver: str
) -> None:
    project, url = with_database(render, tmp_path, driver, server)
    for entity in ENTITIES[:2]:  # the third refers to each supply once
        add_entity(project.root, template, **entity)
    migrate = "alembic revision --autogenerate -m New && alembic upgrade head"
    project.run("sh", "-c", migrate, DATABASE_URL=url)

    check(project, url, tmp_path)
