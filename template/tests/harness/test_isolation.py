# fmt: off; isort: skip_file
"""The proof that tests do not see each other.

Tests run twice and write the same unique names: if anything of the first run were left,
the second one would fail, in whatever order they run.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from .probe import DEFERRED, Orphan, Probe, Reference

twice = pytest.mark.parametrize("run", ["first", "second"])


async def names(session: AsyncSession) -> list[str]:
    """Return the names of all probes, in order."""
    return sorted((await session.scalars(select(Probe.name))).all())


@twice
async def test_commits_are_undone(
    session: AsyncSession, session_factory: async_sessionmaker[AsyncSession], run: str
) -> None:
    parent = Probe(name="parent")
    session.add(parent)
    await session.commit()
    await session.refresh(parent)
    async with session_factory() as other:
        async with other.begin_nested():
            other.add(Probe(name="child"))
        with pytest.raises(IntegrityError):
            async with other.begin_nested():
                other.add(Probe(name="child"))
        await other.commit()
    session.add(Probe(name="parent"))
    with pytest.raises(IntegrityError):
        await session.commit()
    await session.rollback()
    session.add(Probe(name="last"))
    await session.commit()

    assert await names(session) == ["child", "last", "parent"]


async def test_commits_stay_when_a_session_that_has_only_read_ends(
    session: AsyncSession, session_factory: async_sessionmaker[AsyncSession]
) -> None:
    await names(session)
    async with session_factory() as other:
        other.add(Probe(name="committed"))
        await other.commit()
    await session.rollback()

    assert await names(session) == ["committed"]


@pytest.mark.real_commits
@twice
async def test_commits_side_by_side_are_undone(
    engine: AsyncEngine, session_factory: async_sessionmaker[AsyncSession], run: str
) -> None:
    async def read_then_add(name: str) -> None:
        async with session_factory() as session:
            await names(session)
            connection = await session.connection()
            await connection.execute(text("CREATE TEMPORARY TABLE temporary (id INT)"))
            async with session.begin_nested():
                session.add(Probe(name=name))
            await session.commit()

    async with engine.begin() as connection:
        await connection.execute(insert(Probe).values(name="connection"))
    await asyncio.gather(*[read_then_add(f"session {n}") for n in range(4)])

    async with session_factory() as session:
        assert len(await names(session)) == 5


@twice
async def test_rows_that_every_test_finds_are_put_back(
    session: AsyncSession, run: str
) -> None:
    rows = select(Reference.name, Reference.value).order_by(Reference.name)
    assert (await session.execute(rows)).all() == [("a", ""), ("b", "")]

    await session.execute(update(Reference).values(value=run))
    await session.execute(delete(Reference).where(Reference.name == "a"))
    session.add(Reference(name="c"))
    await session.commit()


@twice
async def test_schema_changes_are_undone(session: AsyncSession, run: str) -> None:
    connection = await session.connection()
    await connection.execute(text("CREATE TABLE made_by_a_test (id INTEGER)"))
    await connection.execute(text("ALTER TABLE probe ADD made_by_a_test INTEGER"))
    await session.commit()

    assert await session.scalar(text("SELECT count(made_by_a_test) FROM probe")) == 0


@twice
async def test_deferred_constraint_is_checked_by_the_commit(
    session: AsyncSession, run: str
) -> None:
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        enforced = await connection.scalar(text("PRAGMA foreign_keys"))
        if not enforced:
            pytest.skip("the application does not have SQLite enforce foreign keys")
    await connection.run_sync(DEFERRED.create_all)
    session.add(Orphan(id=1, parent_id=2))
    await session.flush()
    session.add(Orphan(id=2, parent_id=1))
    await session.commit()
    session.add(Orphan(id=3, parent_id=4))
    await session.flush()
    with pytest.raises(IntegrityError):
        await session.commit()
    await session.rollback()

    assert (await session.scalars(select(Orphan.id))).all() == [1, 2]


@pytest.fixture
async def extra_table(engine: AsyncEngine) -> AsyncIterator[str]:
    """The name of a table that the test alone has."""
    name = "extra"
    async with engine.begin() as connection:
        await connection.execute(text(f"CREATE TABLE {name} (id INTEGER)"))
    yield name
    async with engine.begin() as connection:
        await connection.execute(text(f"DROP TABLE {name}"))


@twice
async def test_session_is_closed_before_what_was_there_first(
    extra_table: str, session: AsyncSession, run: str
) -> None:
    await session.execute(text(f"INSERT INTO {extra_table} VALUES (1)"))
    rows = await session.execute(text(f"SELECT * FROM {extra_table}"))

    assert rows.all() == [(1,)]
