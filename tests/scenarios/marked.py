"""A test that is marked `postgresql`."""

import pytest
from sqlalchemy import text


@pytest.mark.postgresql
async def test_marked(session):
    version = await session.scalar(text("SELECT version()"))
    assert version.startswith("PostgreSQL")
