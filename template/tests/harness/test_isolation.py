"""The proof that tests do not see each other.

Most tests here run twice and write the same unique name each time: if anything of the
first run were left, the second one would fail, in whatever order they run. What a test
leaves behind all the same is the subject of `test_leaks.py`.
"""

import asyncio

import pytest
from sqlalchemy import ForeignKey, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .application import Base

twice = pytest.mark.parametrize("run", ["first", "second"])


class Probe(Base, table=True):
    """A table that only these tests use."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    parent_id: int | None = Field(default=None, foreign_key="probe.id")
    deferred_id: int | None = Field(
        default=None,
        sa_column_args=[ForeignKey("probe.id", deferrable=True, initially="DEFERRED")],
    )


async def names(session: AsyncSession) -> list[str]:
    """Return the names of all probes, in order."""
    return sorted((await session.exec(select(Probe.name))).all())


@twice
async def test_commits_are_undone(session: AsyncSession, run: str) -> None:
    parent = Probe(name="parent")
    session.add(parent)
    await session.flush()
    session.add(Probe(name="child", parent_id=parent.id))
    await session.commit()

    assert await names(session) == ["child", "parent"]


@twice
async def test_commits_after_an_error_and_a_rollback_are_undone(
    session: AsyncSession, run: str
) -> None:
    session.add(Probe(name="before"))
    await session.commit()
    session.add(Probe(name="before"))
    with pytest.raises(IntegrityError):
        await session.commit()
    await session.rollback()
    session.add(Probe(name="after"))
    await session.commit()

    assert await names(session) == ["after", "before"]


async def test_rollback_drops_what_was_only_flushed(session: AsyncSession) -> None:
    session.add(Probe(name="committed"))
    await session.commit()
    session.add(Probe(name="flushed"))
    await session.flush()
    await session.rollback()

    assert await names(session) == ["committed"]


@twice
async def test_nested_transactions_are_undone(session: AsyncSession, run: str) -> None:
    async with session.begin_nested():
        session.add(Probe(name="kept"))
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            session.add(Probe(name="kept"))
    await session.commit()

    assert await names(session) == ["kept"]


@twice
async def test_sessions_one_after_the_other_see_the_same_rows(
    session_factory: async_sessionmaker[AsyncSession], run: str
) -> None:
    async with session_factory() as first:
        first.add(Probe(name="shared"))
        await first.commit()
    async with session_factory() as second:
        assert await names(second) == ["shared"]


@pytest.mark.real_commits
@twice
async def test_sessions_side_by_side_are_undone(
    session_factory: async_sessionmaker[AsyncSession], run: str
) -> None:
    async def count_then_add(number: int) -> None:
        async with session_factory() as session:
            await names(session)
            async with session.begin_nested():
                session.add(Probe(name=f"probe {number}"))
            await session.commit()

    await asyncio.gather(*(count_then_add(number) for number in range(4)))

    async with session_factory() as session:
        assert await names(session) == [f"probe {number}" for number in range(4)]


@pytest.mark.real_commits
@twice
async def test_connections_beside_the_session_are_undone(
    engine: AsyncEngine, session: AsyncSession, run: str
) -> None:
    async with engine.connect() as connection:
        await connection.execute(insert(Probe).values(name="connect"))
        await connection.commit()
    async with engine.begin() as connection:
        await connection.execute(insert(Probe).values(name="begin"))

    assert await names(session) == ["begin", "connect"]


@twice
async def test_schema_changes_are_undone(session: AsyncSession, run: str) -> None:
    connection = await session.connection()
    await connection.execute(text("CREATE TABLE made_by_a_test (id INTEGER)"))
    await connection.execute(text("INSERT INTO made_by_a_test VALUES (1)"))
    await connection.execute(text("ALTER TABLE probe ADD made_by_a_test INTEGER"))
    await session.commit()

    assert await session.scalar(text("SELECT count(*) FROM made_by_a_test")) == 1


async def test_foreign_keys_are_enforced(session: AsyncSession) -> None:
    session.add(Probe(name="orphan", parent_id=1_000_000))

    with pytest.raises(IntegrityError):
        await session.flush()
