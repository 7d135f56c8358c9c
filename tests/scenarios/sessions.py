"""Sessions that overlap on the one connection of a test that is rolled back."""

# mypy: ignore-errors

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, func, select

from tests.harness.isolation_rollback import RollbackError


class Entry(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


async def count(session):
    return await session.scalar(select(func.count()).select_from(Entry))


async def add(session_factory, name):
    async with session_factory() as session:
        session.add(Entry(name=name))
        await session.commit()


@pytest.fixture
async def reader(session):
    assert await count(session) == 0
    return session


async def test_reader_that_closes_keeps_the_commit(session, session_factory):
    async with session_factory() as reader:
        assert await count(reader) == 0
        await add(session_factory, "committed")
        assert await count(reader) == 1
    assert await count(session) == 1


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
async def test_reader_that_ends_keeps_the_commit(reader, session_factory, end):
    await add(session_factory, "committed")
    await getattr(reader, end)()
    assert await count(reader) == 1


async def test_reader_that_fails_keeps_the_commit(reader, session_factory):
    await add(session_factory, "committed")
    with pytest.raises(Exception, match="nowhere"):
        await reader.exec(text("SELECT * FROM nowhere"))
    await reader.rollback()
    assert await count(reader) == 1
    await add(session_factory, "another")
    assert await count(reader) == 2


async def test_reader_that_writes_later_undoes_only_its_own(reader, session_factory):
    await add(session_factory, "committed")
    reader.add(Entry(name="flushed"))
    await reader.flush()
    assert await count(reader) == 2
    await reader.rollback()
    assert await count(reader) == 1


async def test_reader_that_ends_first_keeps_what_is_written(reader, session_factory):
    async with session_factory() as writer:
        writer.add(Entry(name="flushed"))
        await writer.flush()
        await reader.rollback()
        assert await count(reader) == 1
        await reader.commit()
        await writer.commit()
        assert await count(writer) == 1
    assert await count(reader) == 1


async def test_reader_that_ends_last_keeps_what_is_written(session, session_factory):
    session.add(Entry(name="first"))
    await session.flush()
    async with session_factory() as reader:
        assert await count(reader) == 1
        await session.commit()
        assert await count(reader) == 1
    async with session_factory() as reader:
        assert await count(reader) == 1
        session.add(Entry(name="second"))
        await session.commit()
        await reader.rollback()
        assert await count(reader) == 2
    assert await count(session) == 2


async def test_nested_transaction_that_is_undone_undoes_only_its_own(
    reader, session_factory
):
    with pytest.raises(IntegrityError):  # noqa: PT012
        async with reader.begin_nested():
            await add(session_factory, "committed")
            reader.add(Entry(name="committed"))
            await reader.flush()
    async with reader.begin_nested():
        reader.add(Entry(name="nested"))
    assert await count(reader) == 2
    await reader.rollback()
    assert await count(reader) == 1


async def test_error_is_logged_in_a_session_of_its_own(session, session_factory):
    await add(session_factory, "taken")
    with pytest.raises(IntegrityError):
        await session.exec(text("INSERT INTO entry (name) VALUES ('taken')"))
    await add(session_factory, "log")
    await session.rollback()
    assert await count(session) == 2


async def test_sessions_at_once_read(session_factory):
    await add(session_factory, "committed")

    async def read():
        async with session_factory() as session:
            return [await count(session) for _ in range(3)]

    assert await asyncio.gather(read(), read()) == [[1, 1, 1]] * 2


async def test_commit_that_a_rollback_undoes_is_named(session, session_factory):
    session.add(Entry(name="request"))
    await session.flush()
    await add(session_factory, "audit")
    await session.rollback()
    with pytest.raises(RollbackError, match="real_commits"):
        await count(session)
    with pytest.raises(RollbackError, match="real_commits"):
        await add(session_factory, "later")


async def test_commit_that_nobody_looks_for_is_no_loss(session, session_factory):
    session.add(Entry(name="request"))
    await session.flush()
    await add(session_factory, "audit")


async def test_writers_that_cross_are_refused(session, session_factory):
    session.add(Entry(name="first"))
    await session.flush()
    async with session_factory() as second:
        second.add(Entry(name="second"))
        await second.flush()
        with pytest.raises(RollbackError, match="real_commits"):
            await session.commit()


async def test_writers_that_are_nested_are_kept(session, session_factory):
    session.add(Entry(name="first"))
    await session.flush()
    async with session_factory() as second:
        second.add(Entry(name="second"))
        await second.commit()
        await session.commit()
        assert await count(second) == 2
    assert await count(session) == 2


async def test_savepoint_in_sql_is_the_tests_own(session):
    connection = await session.connection()
    await connection.execute(text("SAVEPOINT own"))
    session.add(Entry(name="undone"))
    await session.flush()
    await connection.execute(text("ROLLBACK TO SAVEPOINT own"))
    await connection.execute(text("RELEASE SAVEPOINT own"))
    await session.commit()
    assert await count(session) == 0


async def test_title_that_sounds_like_trouble_stays_an_integrity_error(session):
    name = "another operation is in progress, savepoint sa_1"
    await session.exec(text("INSERT INTO entry (name) VALUES (:n)"), params={"n": name})
    with pytest.raises(IntegrityError) as error:
        await session.exec(
            text("INSERT INTO entry (name) VALUES (:n)"), params={"n": name}
        )
    assert not hasattr(error.value, "__notes__")


async def test_isolation_level_of_one_transaction_is_refused(session):
    with pytest.raises(RollbackError, match="real_commits"):
        await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})


async def test_pool_of_one_is_no_reason_to_wait(engine, session):
    await session.exec(text("SELECT 1"))
    async with asyncio.timeout(10):
        for _ in range(20):
            with pytest.raises(RollbackError, match="real_commits"):
                await engine.connect()


@pytest.mark.parametrize("run", ["first", "second"])
async def test_next_test_is_clean(session, run):
    assert await count(session) == 0
    session.add(Entry(name="clean"))
    await session.commit()


async def test_sessions_at_once_that_write_are_refused(session_factory):
    async def write(name):
        async with session_factory() as session:
            session.add(Entry(name=name))
            await session.commit()

    results = await asyncio.gather(*map(write, "abc"), return_exceptions=True)
    assert any(isinstance(result, RollbackError) for result in results)
