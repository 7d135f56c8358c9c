"""Rows that refer to nothing, from before the tests: none of them made these."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from .conftest import PARENTS


async def test_who_adds_rows_of_ones_own_is_not_accused(session):
    for statement in ("INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1)"):
        await session.execute(text(statement))
    await session.commit()
    assert await session.scalar(text("SELECT count(*) FROM child")) == 2


async def test_who_leaves_a_row_dangling_is(session):
    await session.execute(text("INSERT INTO child VALUES (3)"))
    if PARENTS == "ON":
        with pytest.raises(IntegrityError):
            await session.commit()
    else:  # the engine does not enforce foreign keys
        await session.commit()
