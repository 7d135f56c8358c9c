"""Equal tests without a database."""

import os

import pytest


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_floor(number: int) -> None:
    pass
