"""The guard's rule for SQLite."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from .harness.databases import SQLite
from .harness.guard import RefusedError


@pytest.fixture
async def another_database() -> AsyncIterator[SQLite]:
    """A database like that of the tests, and beside it."""
    database = SQLite("another")
    await database.open()
    await database.prepare()
    yield database
    await database.close()


async def test_database_that_the_tests_did_not_make_stays_as_it_is(
    another_database: SQLite,
) -> None:
    async with another_database.engine.begin() as connection:
        await connection.execute(text("PRAGMA application_id=0"))

    with pytest.raises(RefusedError, match="was not made by the tests"):
        await another_database.end_test()
