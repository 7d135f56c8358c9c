"""The fixture `assert_queries`."""

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from .queries import AssertQueries


async def test_statements_are_counted_without_transaction_control(
    session: AsyncSession, assert_queries: AssertQueries
) -> None:
    with assert_queries(2) as statements:
        await session.scalar(text("SELECT 1"))
        await session.commit()
        async with session.begin_nested():
            await session.scalar(text("SELECT 2"))

    assert ["SELECT 1" in statements[0], "SELECT 2" in statements[1]] == [True, True]


@pytest.mark.parametrize("expected", [0, 2])
async def test_other_number_fails_and_shows_the_statements(
    session: AsyncSession, assert_queries: AssertQueries, expected: int
) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match=r"1 statements(.|\n)*SELECT 1"),
        assert_queries(expected),
    ):
        await session.scalar(text("SELECT 1"))
