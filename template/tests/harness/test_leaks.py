"""The proof that what a test leaves behind fails this test, and no later one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import UnboundExecutionError
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import create_engine, session_factory
from .database import Database
from .leaks import BypassWarning, EventLoopError, OutsideTestError
from .plugin import Isolate
from .probe import Probe
from .test_isolation import names

Leak = Callable[[AsyncSession], Awaitable[object]]


async def add(session: AsyncSession, name: str) -> None:
    """Commit a probe."""
    session.add(Probe(name=name))
    await session.commit()


async def leave_a_task(_: AsyncSession) -> object:
    return asyncio.create_task(asyncio.sleep(60))


async def leave_a_session(_: AsyncSession) -> object:
    session = session_factory()
    session.add(Probe(name="flushed"))
    await session.flush()
    return session


@pytest.mark.parametrize(
    ("why", "leak"),
    [
        ("left unawaited: .*sleep", leave_a_task),
        ("open it with `async with`", leave_a_session),
        pytest.param("not returned", leave_a_session, marks=pytest.mark.real_commits),
    ],
)
async def test_leaky_test_fails_and_no_later_one(
    isolate: Isolate, request: pytest.FixtureRequest, why: str, leak: Leak
) -> None:
    tasks = asyncio.all_tasks()
    with pytest.raises(pytest.fail.Exception, match=why):
        async with isolate(request.node), session_factory() as session:
            await add(session, "committed")
            left = await leak(session)

    assert asyncio.all_tasks() == tasks, left
    with pytest.raises(UnboundExecutionError):
        await session_factory().connection()
    async with isolate(request.node), session_factory() as session:
        assert await names(session) == []


@pytest.mark.usefixtures("engine")
async def test_engine_beside_that_of_the_harness_is_noticed(database: Database) -> None:
    engine = create_engine(database.url)
    with pytest.raises(BypassWarning, match="an engine of its own"):
        await engine.connect()
    await engine.dispose()


async def test_another_event_loop_is_refused(session: AsyncSession) -> None:
    await names(session)
    with pytest.raises(EventLoopError, match="ASGITransport"):
        await asyncio.to_thread(asyncio.run, names(session))

    assert await names(session) == []


async def test_commit_outside_a_test_is_refused_and_leaves_no_transaction(
    database: Database, isolate: Isolate, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(OutsideTestError):
        async with database.engine.connect() as connection:
            await connection.execute(insert(Probe).values(name="outside"))
            await connection.commit()

    async with isolate(request.node), session_factory() as session:
        assert await names(session) == []
