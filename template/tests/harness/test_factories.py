# fmt: off; isort: skip_file
"""The base class of factories."""

from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import Base
from .factories import Factory
from .test_isolation import names


class Probe(Base, table=True):
    """The table of that name, as a model of the application's."""

    metadata = MetaData()
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class ProbeFactory(Factory[Probe]):
    """Makes probes without a parent."""


async def test_objects_have_ids_and_are_committed(
    session: AsyncSession, session_factory: async_sessionmaker[AsyncSession]
) -> None:
    probe = await ProbeFactory.create(session, name="one")
    [other] = await ProbeFactory.create_batch(session, 1, name="another")
    ProbeFactory.build(name="unsaved")
    await session.rollback()

    assert None not in (probe.id, other.id)
    assert probe in session
    async with session_factory() as later:
        assert await names(later) == ["another", "one"]


async def test_misuse_is_refused(session: AsyncSession) -> None:
    untyped: Any = ProbeFactory
    with pytest.raises(TypeError, match=r"`await ProbeFactory.create\(session\)`"):
        untyped()
    with pytest.raises(TypeError, match="takes the test's session"):
        await untyped.create(session.sync_session, name="probe")
    with pytest.raises(TypeError, match=r"missing .* 'session'"):
        untyped.create(name="probe")
    with pytest.raises(TypeError, match="nmae"):
        await untyped.create(session, nmae="probe")

    assert await names(session) == []
