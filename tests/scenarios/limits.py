"""What rollback shows otherwise than real commits do: a test for each line of the list.

Each passes under rollback, and fails with the mark.
"""

import pytest
from sqlalchemy import text
from sqlmodel import Field, SQLModel, func, select


class Sight(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    seen_id: int | None = Field(default=None, foreign_key="sight.id")


async def count(session):
    return await session.scalar(select(func.count()).select_from(Sight))


async def test_what_is_only_flushed_is_visible(session, session_factory):
    session.add(Sight())
    await session.flush()
    async with session_factory() as other:
        assert await count(other) == 1


@pytest.mark.postgresql
async def test_key_refers_to_what_is_only_flushed(session, session_factory):
    sight = Sight()
    session.add(sight)
    await session.flush()
    async with session_factory() as other:
        other.add(Sight(seen_id=sight.id))
        await other.commit()


@pytest.mark.postgresql
async def test_now_stands_still(session):
    times = set()
    for _ in range(3):
        times.add(await session.scalar(text("SELECT now()")))
        await session.commit()
    assert len(times) == 1


async def test_pool_has_no_limit(engine):
    engine.sync_engine.pool._timeout = 0.1
    connections = [await engine.connect() for _ in range(50)]
    for connection in connections:
        await connection.close()


async def test_connection_is_one(session, session_factory):
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    query = "SELECT last_insert_rowid()" if is_sqlite else "SELECT pg_backend_pid()"
    session.add_all([Sight(), Sight()])
    await session.commit()
    async with session_factory() as other:
        mine = await session.scalar(text(query))
        assert mine
        assert await other.scalar(text(query)) == mine
    await session.rollback()


@pytest.mark.postgresql
async def test_setting_that_ended_is_empty(session, session_factory):
    show = text("SELECT current_setting('my.setting', true)")
    async with session_factory() as other:
        await session.execute(text("SET LOCAL my.setting = 'set'"))
        assert await other.scalar(show) == ""


async def test_stream_on_sqlite_sees_what_is_written(session, session_factory):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL's streams do not")
    session.add_all([Sight() for _ in range(3000)])
    await session.commit()
    async with session_factory() as other:
        ids = await other.stream_scalars(text("SELECT id FROM sight ORDER BY id"))
        assert await anext(ids)
        session.add(Sight(id=9999))
        await session.commit()
        assert 9999 in await ids.all()
