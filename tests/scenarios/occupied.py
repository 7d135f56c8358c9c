"""A test whose database cannot be put back, because another user is in it."""

import os

import psycopg
import pytest
from sqlalchemy import text


async def test_occupied(database, session):
    url = f"{os.environ['ADMIN']}/{database.url.database}"
    test_occupied.kept = psycopg.connect(url)
    test_occupied.kept.execute("SELECT 1")
    await (await session.connection()).execute(text("CREATE TABLE mine (id INT)"))
    await session.commit()


@pytest.mark.parametrize("run", ["first", "second"])
async def test_next_test_is_clean(session, run):
    connection = await session.connection()
    await connection.execute(text("CREATE TABLE mine (id INT)"))
    await session.commit()
