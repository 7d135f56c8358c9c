"""What cannot be done inside the transaction of a test is refused, and says so."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from .isolation_rollback import RollbackError
from .probe import Probe


async def test_second_connection_and_sessions_side_by_side_are_refused(
    engine: AsyncEngine, session_factory: async_sessionmaker[AsyncSession]
) -> None:
    with pytest.raises(RollbackError, match="connection of its own.*real_commits"):
        await engine.connect()
    with pytest.raises(RollbackError, match="side by side.*real_commits"):  # noqa: PT012
        async with session_factory() as first, session_factory() as second:
            first.add(Probe(name="first"))
            await first.flush()
            second.add(Probe(name="second"))
            await second.flush()
            await first.commit()
