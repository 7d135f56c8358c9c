"""Tests that leave something behind: each has to fail, and the one after it to pass."""

import asyncio
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import event, func, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel, select

from tests.harness.application import create_engine
from tests.harness.application import session_factory as the_applications

NUMBERS = "SELECT {} UNION ALL SELECT i + 1 FROM n LIMIT {}"
SLOW = "WITH RECURSIVE n(i) AS (" + NUMBERS + ") SELECT count(*) FROM n"


class Trace(SQLModel, table=True):
    """A table that only these tests use."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


async def add(session):
    session.add(Trace(name="trace"))
    await session.commit()


@pytest.mark.parametrize("number", range(40))
async def test_clean(session, number):
    assert (await session.scalar(select(func.count()).select_from(Trace))) == 0
    await add(session)


async def cancel_twice(session_factory, running, slow, prepare):
    """Cancel a query, and then the closing of its connection.

    aiosqlite never finishes that, and SQLite would run the query to its end.
    """

    async def ask():
        async with session_factory() as session:
            await add(session)
            await prepare(await session.connection())
            await session.scalar(text(slow))

    task = asyncio.create_task(ask())
    await running.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)


@pytest.mark.real_commits
async def test_closing(session_factory):
    in_query = asyncio.Event()

    async def tell_of_query(connection):
        name = "before_cursor_execute"
        event.listen(connection.sync_connection, name, lambda *_: in_query.set())

    slow = SLOW.format(1, 1_000_000)
    await cancel_twice(session_factory, in_query, slow, tell_of_query)


@pytest.mark.real_commits
async def test_running(session_factory):
    loop, running = asyncio.get_running_loop(), asyncio.Event()

    def tell():
        loop.call_soon_threadsafe(running.set)

    async def add_tell(connection):
        raw = await connection.get_raw_connection()
        await raw.driver_connection.create_function("tell", 0, tell)

    slow = SLOW.format("tell()", 100_000_000)
    await cancel_twice(session_factory, running, slow, add_tell)


async def test_engine(database, session):
    await add(session)
    engine = create_engine(database.url)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()


async def test_session(session_factory):
    session = session_factory()
    session.add(Trace(name="flushed"))
    await session.flush()


async def test_queries(session, assert_queries):
    with assert_queries(1):
        await add(session)
        await session.scalar(text("SELECT 40 + 2"))


async def test_connection(engine, session):
    await add(session)
    connection = await engine.connect()
    await connection.execute(text("SELECT 1"))


async def test_interleaved(session, session_factory):
    await add(session)
    async with session_factory() as other:
        for one in (session, other):
            await one.execute(text("UPDATE trace SET name = 'changed'"))


async def test_query_without_end(session):
    await session.scalar(text(SLOW.format(1, 300_000_000)))


@pytest.mark.anyio
async def test_anyio(session):
    await add(session)


async def test_without_a_fixture():
    async with the_applications() as session:
        await session.connection()


@pytest.mark.real_commits
async def test_lock_of_a_connection_of_its_own(database, engine):
    path = database.url.database
    connection = sqlite3.connect(path, isolation_level=None, uri=True)
    connection.execute("BEGIN IMMEDIATE")
    test_lock_of_a_connection_of_its_own.kept = connection


async def test_lock_of_a_session_of_its_own(database, engine):
    import psycopg

    url = database.url.set(drivername="postgresql")
    connection = psycopg.connect(url.render_as_string(False))
    connection.execute("LOCK TABLE trace")
    test_lock_of_a_session_of_its_own.kept = connection


@pytest.mark.real_commits
async def test_same_row_twice(session, session_factory):
    await add(session)
    async with session_factory() as other:
        for one in (session, other):
            connection = await one.connection()
            await connection.execute(text("UPDATE trace SET name = 'changed'"))


# Drivers used without SQLAlchemy write past the transaction, and nobody is asked.
async def test_psycopg(database, session):
    import psycopg

    url = database.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(False)) as connection:
        connection.execute("INSERT INTO trace (name) VALUES ('trace')")
    connection.close()


async def add_of_its_own():
    with suppress(SQLAlchemyError):
        async with the_applications() as session:
            await add(session)


class Scheduler:
    """Wakes up by itself, and starts a task each time."""

    def __init__(self, again):
        self.loop, self.again, self.tasks = asyncio.get_running_loop(), again, set()
        again(self.loop, self.wake)

    def wake(self):
        """Do what is to be done now, and again."""
        self.tasks.add(self.loop.create_task(add_of_its_own()))
        self.again(self.loop, self.wake)


async def test_timer(session):
    Scheduler(lambda loop, wake: loop.call_later(0.001, wake))


async def test_timer_at(session):
    Scheduler(lambda loop, wake: loop.call_at(loop.time() + 0.001, wake))


def add_for_ever(loop):
    while True:
        asyncio.run_coroutine_threadsafe(add_of_its_own(), loop).result()


async def test_thread(session):
    threading.Thread(target=add_for_ever, args=[asyncio.get_running_loop()]).start()


async def test_job(session):
    loop = asyncio.get_running_loop()
    test_job.kept = loop.run_in_executor(None, add_for_ever, loop)


async def test_job_of_a_pool_of_its_own(session):
    pool = ThreadPoolExecutor(1)
    test_job_of_a_pool_of_its_own.kept = pool.submit(
        add_for_ever, asyncio.get_running_loop()
    )


async def rows():
    async with the_applications() as session:
        await add(session)
        for row in range(2):
            yield row


async def test_generator(session):
    test_generator.kept = rows()
    await anext(test_generator.kept)


async def test_signal(session):
    signal.signal(signal.SIGTERM, print)


async def test_alarm(session):
    signal.signal(signal.SIGALRM, print)
    signal.setitimer(signal.ITIMER_REAL, 0.01)


async def test_thread_that_starts_another(session):
    loop = asyncio.get_running_loop()

    def again():
        asyncio.run_coroutine_threadsafe(add_of_its_own(), loop).result()
        threading.Thread(target=again).start()

    threading.Thread(target=again).start()


async def test_signal_of_the_loop(session):
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, print)


async def test_listener_of_the_engine(engine):
    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def fail(*_):
        raise NotImplementedError


async def test_listener_of_the_pool(engine):
    event.listen(engine.sync_engine.pool, "checkout", lambda *_: 1 / 0)


async def test_listener_of_sessions(session):
    event.listen(Session, "before_commit", lambda *_: 1 / 0, once=True)


async def test_listener_of_an_attribute(session):
    event.listen(Trace.name, "set", lambda *_: 1 / 0)
