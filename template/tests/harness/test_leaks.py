# fmt: off; isort: skip_file
"""The proof that what a test leaves behind fails this test, and no later one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from .application import create_engine, session_factory
from .database import Database
from .leaks import BypassWarning, EventLoopError, OutsideTestError
from .other_databases import OtherDatabaseError
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


async def leave_a_timer(_: AsyncSession) -> object:
    return asyncio.get_running_loop().call_later(60, print)


async def leave_a_listener(session: AsyncSession) -> object:
    event.listen(session.get_bind(), "before_cursor_execute", pytest.fail)
    return None


async def leave_a_generator(_: AsyncSession) -> object:
    async def count() -> AsyncIterator[int]:
        async with session_factory() as session:
            await names(session)
            yield 1

    counting = count()
    await anext(counting)
    return counting


@pytest.mark.parametrize(
    ("why", "leak"),
    [
        ("left unawaited: .*sleep", leave_a_task),
        ("timer was left: .*print", leave_a_timer),
        ("listener was left: before_cursor_execute", leave_a_listener),
        ("generator was left: .*count", leave_a_generator),
        ("open it with `async with`", leave_a_session),
        pytest.param("not returned", leave_a_session, marks=pytest.mark.real_commits),
    ],
)
async def test_leaky_test_fails_and_no_later_one(
    isolate: Isolate,
    database: Database,
    request: pytest.FixtureRequest,
    why: str,
    leak: Leak,
) -> None:
    tasks = asyncio.all_tasks()
    with pytest.raises(pytest.fail.Exception, match=why):
        async with isolate(request.node), session_factory() as session:
            await add(session, "committed")
            left = await leak(session)

    assert asyncio.all_tasks() == tasks, left
    assert session_factory.kw["bind"] is not database.engine
    async with isolate(request.node), session_factory() as session:
        assert await names(session) == []


@pytest.mark.usefixtures("engine")
@pytest.mark.filterwarnings("error")
async def test_engine_beside_that_of_the_harness_is_noticed(database: Database) -> None:
    engine = create_async_engine(database.url)
    with pytest.raises(BypassWarning, match="an engine of its own"):
        await engine.connect()
    await engine.dispose()


async def test_other_database_is_refused_before_it_is_reached(
    database: Database,
) -> None:
    engine = create_engine(database.url.set(database="reports.db", query={}))
    with pytest.raises(OtherDatabaseError, match="`test_databases`"):
        await engine.connect()

    assert not Path("reports.db").exists()


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
