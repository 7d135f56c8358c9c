"""What cannot be done inside the transaction of a test is refused, and says so."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from .isolation_rollback import RollbackError
from .test_isolation import Probe, names, twice


@pytest.mark.real_commits
@twice
async def test_real_commits_are_undone(session: AsyncSession, run: str) -> None:
    session.add(Probe(name="real"))
    await session.commit()
    session.add(Probe(name="real"))
    with pytest.raises(IntegrityError):
        await session.commit()
    await session.rollback()

    assert await names(session) == ["real"]


async def test_sessions_side_by_side_are_refused(
    session_factory: async_sessionmaker[AsyncSession],
) -> None:
    async def use_two() -> None:
        async with session_factory() as first, session_factory() as second:
            await names(first)
            await names(second)
            await first.commit()

    with pytest.raises(RollbackError, match="real_commits"):
        await use_two()


async def test_connection_of_its_own_is_refused(engine: AsyncEngine) -> None:
    with pytest.raises(RollbackError, match="real_commits"):
        async with engine.begin():
            pass
