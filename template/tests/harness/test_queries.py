# fmt: off; isort: skip_file
"""The fixture `assert_queries`."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from .queries import AssertQueries


async def test_statements_are_counted_without_transaction_control(
    session: AsyncSession, assert_queries: AssertQueries
) -> None:
    wrong = r"1 statements were sent, not 2:\n1\. SELECT 1"
    with pytest.raises(pytest.fail.Exception, match=wrong), assert_queries(2):
        with assert_queries(1):
            async with session.begin_nested():
                await session.scalar(text("SELECT 1"))
