"""A server that ends its connections, and for a while takes no new ones."""

import os

import psycopg
import pytest
from sqlalchemy import text


def ask(*statements):
    with psycopg.connect(os.environ["ADMIN"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


ROLE = os.environ["ROLE"]
END_ALL = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    f"WHERE usename = '{ROLE}'"
)


async def check(session):
    connection = await session.connection()
    await connection.execute(text("CREATE TABLE mine (id INT)"))
    await session.commit()
    assert await session.scalar(text("SELECT count(*) FROM mine")) == 0


async def test_before(session):
    await check(session)


async def test_ended_within(session):
    await check(session)
    ask(END_ALL)


async def test_after_that(session):
    await check(session)


def test_ends_all_between():
    ask(END_ALL)


async def test_right_after_that(session):
    await check(session)


async def test_later(session):
    await check(session)


async def test_refused_from_now_on(session):
    ask(f"ALTER ROLE {ROLE} NOLOGIN", END_ALL)
    await check(session)


@pytest.mark.parametrize("run", ["first", "second"])
async def test_still_refused(session, run):
    await check(session)


def test_takes_them_again():
    ask(f"ALTER ROLE {ROLE} LOGIN")


async def test_recovers(session):
    await check(session)


async def test_goes_on(session):
    await check(session)
