"""Equal tests that ask for a session and do nothing with it."""

import os

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_empty(session: AsyncSession, number: int) -> None:
    pass
