"""Sessions and connections that overlap in a test that is rolled back."""

# mypy: ignore-errors

import asyncio

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, func, select

from tests.harness.isolation_rollback import RollbackError


class Entry(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


async def count(session):
    return await session.scalar(select(func.count()).select_from(Entry))


def is_sqlite(session):
    return session.get_bind().dialect.name == "sqlite"


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
    if is_sqlite(session):  # it holds the lock until it ends
        await session.rollback()
    await add(session_factory, "log")
    await session.rollback()
    assert await count(session) == 2


async def test_sessions_at_once_read(session_factory):
    await add(session_factory, "committed")

    async def read():
        async with session_factory() as session:
            return [await count(session) for _ in range(3)]

    assert await asyncio.gather(*[read() for _ in range(9)]) == [[1, 1, 1]] * 9


async def test_reads_and_one_writer_at_once(session_factory):
    async def read():
        async with session_factory() as session:
            for _ in range(5):
                await count(session)

    async def write():
        for n in range(5):
            await add(session_factory, f"entry {n}")

    await asyncio.gather(read(), write(), read())
    async with session_factory() as session:
        assert await count(session) == 5


async def test_connections_have_transactions_of_their_own(engine, session):
    async with engine.begin() as connection:
        await connection.execute(insert(Entry).values(name="committed"))
    async with engine.connect() as first, engine.connect() as second:
        assert await second.scalar(text("SELECT count(*) FROM entry")) == 1
        await first.execute(insert(Entry).values(name="undone"))
        await second.rollback()
        await first.rollback()
    assert await count(session) == 1


async def test_connection_of_a_session_belongs_to_it(session, session_factory):
    async with session_factory() as other:
        connection = await session.connection()
        await count(other)
        await connection.execute(insert(Entry).values(name="kept"))
        await other.rollback()
        await session.commit()
        await session.run_sync(lambda s: s.bulk_save_objects([Entry(name="undone")]))
        await count(other)
        await session.rollback()
    assert await count(session) == 1


async def test_commit_that_a_rollback_would_undo_is_named(session, session_factory):
    session.add(Entry(name="request"))
    await session.flush()
    if is_sqlite(session):
        with pytest.raises(RollbackError, match="not committed"):
            await add(session_factory, "audit")
        return
    await add(session_factory, "audit")
    await session.rollback()
    with pytest.raises(RollbackError, match="real_commits"):
        await count(session)
    with pytest.raises(RollbackError, match="real_commits"):
        await add(session_factory, "later")


async def test_rows_that_others_may_have_locked_are_refused(session, session_factory):
    await add(session_factory, "row")
    async with session_factory() as other:
        await session.exec(update(Entry).values(name="mine"))
        with pytest.raises(RollbackError, match="real_commits"):
            await other.exec(update(Entry).values(name="other's"))
        await other.rollback()
        await session.commit()
        await other.exec(update(Entry).values(name="other's"))
        with pytest.raises(RollbackError, match="real_commits"):
            await session.exec(text("DELETE FROM entry"))


async def test_writers_that_would_not_wait_are_kept(session, session_factory):
    if is_sqlite(session):
        pytest.skip("there they would wait")
    session.add(Entry(name="first"))
    await session.flush()
    async with session_factory() as second, session_factory() as third:
        second.add(Entry(name="second"))
        await second.flush()
        third.add(Entry(name="first"))
        with pytest.raises(RollbackError, match="real_commits"):  # it would wait
            await third.flush()
        await session.commit()
        await second.commit()
    assert await count(session) == 2


async def test_title_that_sounds_like_trouble_stays_an_integrity_error(session):
    name = "another operation is in progress; COMMIT; SAVEPOINT sa_1"
    await session.exec(text("INSERT INTO entry (name) VALUES (:n)"), params={"n": name})
    with pytest.raises(IntegrityError) as error:
        await session.exec(
            text("INSERT INTO entry (name) VALUES (:n)"), params={"n": name}
        )
    assert not hasattr(error.value, "__notes__")


async def test_pool_is_no_reason_to_wait(engine, session):
    await session.exec(text("SELECT 1"))
    async with asyncio.timeout(10):
        connections = [await engine.connect() for _ in range(20)]
        for connection in connections:
            await connection.close()


@pytest.mark.parametrize("run", ["first", "second"])
async def test_next_test_is_clean(session, run):
    assert await count(session) == 0
    session.add(Entry(name="clean"))
    await session.commit()
