"""The smallest suite of an application whose tests use no database."""

from task_tracker import models


async def test_without_database() -> None:
    assert models
