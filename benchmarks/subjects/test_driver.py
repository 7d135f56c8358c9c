"""The statements of a realistic test, sent by the driver alone: nobody needs less."""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from recipe import engine as engine  # type: ignore[import-not-found]
from sqlalchemy.ext.asyncio import AsyncEngine

NEW_PROJECT = "INSERT INTO project (name, status) VALUES ($1, $2) RETURNING id"
NEW_WORKER = "INSERT INTO worker (handle, type) VALUES ($1, $2) RETURNING id"
NEW_TASK = """
    INSERT INTO task (title, status, project_id, created_by_id, created_at, updated_at)
    VALUES ($1, $2, $3, $4, now(), now()) RETURNING id
"""


@pytest.fixture(scope="session")
async def connection(engine: AsyncEngine) -> AsyncIterator[Any]:
    async with engine.connect() as connection:
        yield (await connection.get_raw_connection()).driver_connection


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_driver(connection: Any, number: int) -> None:
    await connection.execute("BEGIN")
    project = await connection.fetchval(NEW_PROJECT, "Apollo", "active")
    worker = await connection.fetchval(NEW_WORKER, "ada", "human")
    await connection.fetchval(NEW_TASK, "Build", "todo", project, worker)

    tasks = await connection.fetch("SELECT * FROM task ORDER BY title")

    assert [task["title"] for task in tasks] == ["Build"]
    await connection.execute("ROLLBACK")
