"""Under rollback SQLite runs in the event loop's thread, and tasks have their turn.

It takes the place of a method that aiosqlite does not document: when an aiosqlite is
released that calls it otherwise, these tests fail.
"""

import asyncio
import threading

import pytest
from sqlalchemy import text


async def thread_of(session):
    connection = await session.connection()
    # Not the driver's own method, after which the connection would not be used again.
    await connection.run_sync(
        lambda c: c.connection.dbapi_connection.create_function(
            "thread", 0, threading.get_ident
        )
    )
    return await connection.scalar(text("SELECT thread()"))


async def test_rollback(session):
    assert await thread_of(session) == threading.get_ident()


@pytest.mark.real_commits
async def test_real_commits(session):
    assert await thread_of(session) != threading.get_ident()


async def test_other_tasks(session):
    turns = []

    async def take_turns():
        while True:
            turns.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(take_turns())
    for _ in range(3):
        before = len(turns)
        await session.scalar(text("SELECT 1"))
        assert len(turns) > before
    task.cancel()
