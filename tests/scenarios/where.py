"""Tests that look where they are, and write there."""

import os

import pytest
from sqlalchemy import text

from tests.harness.application import database as application

WHERE = text("SELECT current_database() || ' at ' || current_setting('port')")


async def test_session(session):
    connection = await session.connection()
    assert await connection.scalar(WHERE) == os.environ["EXPECTED"]
    await connection.execute(text("CREATE TABLE task_copy AS SELECT 1"))


@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_application(database):
    async with application.connect() as engine, engine.connect() as connection:
        assert await connection.scalar(WHERE) == os.environ["EXPECTED"]
