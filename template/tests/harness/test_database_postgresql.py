"""Tests that are marked `postgresql`."""

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@pytest.mark.postgresql
async def test_marked_test_runs_on_postgresql(session: AsyncSession) -> None:
    version = await session.scalar(text("SELECT version()"))

    assert str(version).startswith("PostgreSQL")
