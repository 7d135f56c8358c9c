"""Equal tests of an application, none of which uses a database."""

import os

import pytest
from task_tracker import models as models


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_floor(number: int) -> None:
    pass
