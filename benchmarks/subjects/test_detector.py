"""Equal tests that have the leak detector look a hundred times for what is left."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession
from tests.harness.leaks import Leaks  # type: ignore[import-not-found]


@pytest.fixture(scope="module")
def leaks(database: Any) -> Iterator[Any]:
    leaks = Leaks(database.engine)
    yield leaks
    leaks.stop()


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_detector(session: AsyncSession, leaks: Any, number: int) -> None:
    for _ in range(100):
        problems: list[str] = []
        async with leaks.ended(problems):
            pass
        assert problems == []
