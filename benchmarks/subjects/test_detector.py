"""Equal tests that have the leak detector look a hundred times for what is left."""

import os
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession


@pytest.fixture(scope="session")
async def leaks(database: Any) -> Any:
    from tests.harness.leaks import Leaks  # type: ignore[import-not-found]

    leaks = Leaks(database.engine)
    leaks.is_in_test = True
    return leaks


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_detector(session: AsyncSession, leaks: Any, number: int) -> None:
    for _ in range(100):
        problems: list[str] = []
        async with leaks.ended(problems):
            pass
        assert not problems
