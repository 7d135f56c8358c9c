"""Equal tests that have the leak detector look a hundred times for what is left."""

import asyncio
import os
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

TIMES = 100


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_detector(session: AsyncSession, database: Any, number: int) -> None:
    for _ in range(TIMES):
        tasks = asyncio.all_tasks()
        connections = database.leaks.connections()
        assert await database.leaks.clean_up(tasks, connections) == []
