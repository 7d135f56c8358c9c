"""What people do by hand, past the session: it is right, or refused with the mark.

What sessions and connections show each other is compared by `programs.py`.
"""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, func, select

from tests.harness.isolation_rollback import RollbackError

refused = pytest.raises(RollbackError, match="real_commits")


class Line(SQLModel, table=True):
    name: str = Field(primary_key=True)
    after: str | None = None


async def count(session):
    return await session.scalar(select(func.count()).select_from(Line))


async def send(session, *statements):
    for sql in statements:
        await session.execute(text(sql))


async def add(session, name="line"):
    session.add(Line(name=name))
    await session.commit()


@pytest.fixture
async def other(session_factory):
    """Another session."""
    async with session_factory() as other:
        yield other


@pytest.fixture
def is_sqlite(session):
    return session.get_bind().dialect.name == "sqlite"


@pytest.mark.parametrize("sql", ["COMMIT", "/* a */ ROLLBACK", "-- a\nBEGIN", "end"])
async def test_transactions_in_sql_are_refused(session, sql):
    await add(session)
    with refused:
        await send(session, sql)
    await session.rollback()
    assert await count(session) == 1


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
async def test_isolation_level_of_one_connection_is_refused(engine, session, level):
    with refused:
        await session.connection(execution_options={"isolation_level": level})
    await session.rollback()
    async with engine.connect() as connection:
        with refused:
            await connection.execution_options(isolation_level=level)
    assert await count(session) == 0


@pytest.mark.parametrize(("end", "lines"), [("rollback", 1), ("commit", 2)])
async def test_driver_writes_in_the_transaction(session, other, end, lines):
    await add(session)
    connection = await session.connection()
    await connection.execute(text("UPDATE line SET after = name"))
    raw = await connection.get_raw_connection()
    await raw.driver_connection.execute("INSERT INTO line (name) VALUES ('more')")
    with refused:
        await count(other)
    await getattr(session, end)()
    assert await count(session) == lines


async def test_driver_that_is_asked_for_first_has_a_transaction(engine):
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute("INSERT INTO line (name) VALUES ('more')")


async def test_adapted_connection_runs_in_the_transaction(session):
    await add(session)

    def insert(connection):
        adapted = connection.connection.dbapi_connection
        sql = "INSERT INTO line (name) VALUES ('more')"
        adapted.run_async(lambda driver: driver.execute(sql))
        cursor = connection.connection.cursor()
        cursor.execute("SELECT count(*) FROM line")
        return cursor.fetchone()[0]

    assert await (await session.connection()).run_sync(insert) == 2
    await session.rollback()
    assert await count(session) == 1


async def test_streams_and_writes_take_turns(session, session_factory):
    session.add_all([Line(name=f"{n:04}") for n in range(300)])
    await session.commit()

    async def read():
        async with session_factory() as reader:
            rows = await reader.stream_scalars(select(Line.name).order_by(Line.name))
            return [name async for name in rows]

    async def write():
        for name in ("more", "and more"):
            async with session_factory.begin() as writer:
                writer.add(Line(name=name))

    first, second, _ = await asyncio.gather(read(), read(), write())
    assert first[:300] == second[:300] == [f"{n:04}" for n in range(300)]
    assert await count(session) == 302


@pytest.mark.parametrize("steps", range(1, 25))
async def test_session_that_is_cancelled_anywhere_harms_nobody(
    session_factory, is_sqlite, steps
):
    async def work():
        async with session_factory() as session, session.begin_nested():
            # Rarely the server has not begun it when psycopg asks to cancel it, and
            # psycopg (3.3) closes the connection where it then takes more than 5 s.
            await send(session, "SELECT 1" if is_sqlite else "SELECT pg_sleep(3)")

    async with session_factory() as first:
        await add(first, "kept")
    task = asyncio.create_task(work())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    async with session_factory() as last:
        await add(last, "more")
        assert await count(last) == 2


async def test_setting_of_a_connection_is_not_everybodys(session, other, is_sqlite):
    kept = "PRAGMA recursive_triggers=ON" if is_sqlite else "SET search_path = public"
    await send(session, kept)
    with refused:
        await send(other, "SELECT 1")
    if not is_sqlite:  # where a rollback does not undo it
        await session.rollback()
        await send(session, "SELECT 1", kept)
    await session.commit()
    with refused:
        await send(other, "SELECT 1")


async def test_query_without_end_is_stopped(database, session, is_sqlite, monkeypatch):
    if not is_sqlite:
        pytest.skip("others have timeouts")
    monkeypatch.setattr(database.changes.transactions, "_timeout", 0.1)
    numbers = "SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000000"
    with refused:
        await send(session, f"WITH n(i) AS ({numbers}) SELECT count(*) FROM n")
    assert await count(session) == 0


async def test_commit_that_a_rollback_would_undo_is_named(session, other, is_sqlite):
    session.add(Line(name="request"))
    await session.flush()
    if is_sqlite:
        with pytest.raises(RollbackError, match="not committed"):
            await add(other, "audit")
        return
    await add(other, "audit")
    await session.rollback()
    for use in (count(session), count(other)):
        with refused:
            await use


async def test_title_that_sounds_like_trouble_stays_an_integrity_error(session):
    line = {"name": "another operation is in progress; COMMIT; SAVEPOINT sa_1"}
    insert = text("INSERT INTO line (name) VALUES (:name)")
    await session.execute(insert, line)
    with pytest.raises(IntegrityError) as error:
        await session.execute(insert, line)
    assert not hasattr(error.value, "__notes__")
