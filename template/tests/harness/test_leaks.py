"""The proof that what a test leaves behind fails this test, and no later one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import UnboundExecutionError

from . import Database
from .application import create_engine, session_factory
from .leaks import BypassWarning
from .plugin import Isolate
from .test_isolation import Probe, names

# Runs a test that is not isolated yet; fails unless it fails for this reason.
AssertFails = Callable[[Callable[[], Awaitable[None]], str], Awaitable[None]]


@pytest.fixture
def assert_fails(isolate: Isolate, request: pytest.FixtureRequest) -> AssertFails:
    """Fails unless a test fails for a reason, and leaves no rows to the next one."""

    async def assert_fails(test: Callable[[], Awaitable[None]], why: str) -> None:
        with pytest.raises(pytest.fail.Exception, match=why):
            async with isolate(request.node):
                await test()
        async with isolate(request.node), session_factory() as session:
            assert await names(session) == []

    return assert_fails


async def test_task_that_is_left_unawaited(assert_fails: AssertFails) -> None:
    test_has_ended = asyncio.Event()
    tasks = []

    async def add_late() -> None:
        await test_has_ended.wait()
        async with session_factory() as session:
            session.add(Probe(name="late"))
            await session.commit()

    async def leaky_test() -> None:
        tasks.append(asyncio.create_task(add_late()))

    await assert_fails(leaky_test, "left unawaited.*add_late")
    test_has_ended.set()
    await asyncio.wait(tasks)
    await assert_fails(leaky_test, "left unawaited.*add_late")
    assert [task.cancelled() for task in tasks] == [True, True]


async def test_session_that_is_left_open(assert_fails: AssertFails) -> None:
    async def leaky_test() -> None:
        session = session_factory()
        session.add(Probe(name="flushed"))
        await session.flush()

    await assert_fails(leaky_test, "open it with `async with`")


@pytest.mark.real_commits
async def test_connection_that_is_left_open(
    database: Database, assert_fails: AssertFails
) -> None:
    async def leaky_test() -> None:
        connection = await database.engine.connect()
        await connection.execute(insert(Probe).values(name="uncommitted"))

    await assert_fails(leaky_test, "A connection was not returned")


async def test_session_that_is_opened_between_tests(
    isolate: Isolate, request: pytest.FixtureRequest
) -> None:
    async def use_a_session() -> None:
        async with session_factory() as session:
            await names(session)

    async with isolate(request.node):
        await use_a_session()
    with pytest.raises(UnboundExecutionError):
        await use_a_session()


@pytest.mark.usefixtures("engine")
async def test_engine_beside_that_of_the_harness(database: Database) -> None:
    engine = create_engine(database.url)
    with pytest.raises(BypassWarning, match="an engine of its own"):
        await engine.connect()
    await engine.dispose()
