# fmt: off; isort: skip_file
"""Sessions and connections share one real connection, and behave as on their own."""

from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from .application import session_factory as factory
from .isolation_rollback import RollbackError
from .plugin import Isolate
from .probe import Probe
from .test_isolation import names


async def test_connections_have_transactions_of_their_own(
    engine: AsyncEngine, session: AsyncSession
) -> None:
    assert await names(session) == []
    async with engine.begin() as connection:
        await connection.execute(insert(Probe).values(name="committed"))
    async with engine.connect() as connection:
        await connection.execute(insert(Probe).values(name="undone"))
        await session.rollback()
    async with session.begin_nested() as nested:
        session.add(Probe(name="undone"))
        await session.flush()
        await nested.rollback()
    session.add(Probe(name="kept"))
    await session.commit()

    assert await names(session) == ["committed", "kept"]


async def test_what_would_wait_for_a_lock_is_refused(
    session: AsyncSession, session_factory: async_sessionmaker[AsyncSession]
) -> None:
    session.add(Probe(name="row"))
    await session.commit()
    await session.execute(update(Probe).values(name="changed"))
    async with session_factory() as other:
        with pytest.raises(RollbackError, match=r"not committed.*real_commits"):
            await other.execute(update(Probe).values(name="changed again"))


async def test_transaction_in_sql_is_refused(session: AsyncSession) -> None:
    with pytest.raises(RollbackError, match="real_commits"):
        await session.execute(text("COMMIT"))


async def test_real_commit_fails_its_test_and_no_later_one(
    isolate: Isolate, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(pytest.fail.Exception, match="really committed"):
        async with isolate(request.node), factory() as session:
            session.add(Probe(name="committed"))
            await session.flush()
            connection = await session.connection()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute("COMMIT")

    async with isolate(request.node), factory() as session:
        assert await names(session) == []
