"""What ends with a transaction on PostgreSQL, and how one is aborted."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel, func, select

from tests.harness.isolation_rollback import RollbackError

pytestmark = pytest.mark.postgresql
refused = pytest.raises(RollbackError, match="real_commits")


class Mark(SQLModel, table=True):
    name: str = Field(primary_key=True)


async def count(session):
    return await session.scalar(select(func.count()).select_from(Mark))


async def send(session, *statements):
    for sql in statements:
        await session.execute(text(sql))


async def add(session, name):
    session.add(Mark(name=name))
    await session.commit()


async def show(session):
    return await session.scalar(text("SELECT current_setting('app.tenant', true)"))


@pytest.fixture
async def other(session_factory):
    """Another session."""
    async with session_factory() as other:
        yield other


@pytest.mark.parametrize(
    "statement",
    [
        text("SET LOCAL app.tenant = 'it''s'"),
        text("SELECT set_config('app.tenant', 'it''s', true)"),
        select(func.set_config("app.tenant", "it's", True)),
    ],
    ids=str,
)
async def test_local_setting_is_of_its_transaction(session, other, statement):
    await session.execute(statement)
    async with other.begin_nested():
        assert await show(other) in (None, "")
    assert await show(session) == "it's"
    async with session.begin_nested() as nested:
        await send(session, "SET LOCAL app.tenant = 'nested'")
        assert await show(other) in (None, "")
        assert await show(session) == "nested"
        await nested.rollback()
    assert await show(session) == "it's"
    await add(other, "row")
    await session.commit()
    assert await show(session) in (None, "")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMPORARY TABLE t (id INT) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE t (id INT) ON COMMIT DELETE ROWS",
        "DECLARE c CURSOR FOR SELECT 1",
    ],
)
async def test_what_cannot_be_ended_with_a_transaction_is_named(session, sql):
    await send(session, sql, "SELECT 1")
    await session.commit()
    with refused:
        await count(session)


@pytest.mark.parametrize(
    "sql",
    ["NOTIFY c", "SELECT pg_notify('c', '')", "LISTEN c", "SET TRANSACTION READ ONLY"],
)
async def test_what_needs_a_real_commit_is_refused(session, sql):
    with refused:
        await send(session, sql)


async def test_aborted_transaction_can_only_end(session, other):
    await send(session, "INSERT INTO mark VALUES ('undone')")
    with pytest.raises(DBAPIError, match="nowhere"):
        await send(session, "SELECT * FROM nowhere")
    assert await count(other) == 0
    with pytest.raises(DBAPIError, match="current transaction is aborted") as error:
        await send(session, "SELECT 1")
    assert error.value.orig.sqlstate == "25P02"
    await add(other, "kept")
    with pytest.raises(DBAPIError, match="current transaction is aborted"):
        await session.commit()
    assert await count(other) == 1


async def test_savepoint_outlives_the_rollback_of_another(session, other):
    await send(other, "INSERT INTO mark VALUES ('other')")
    async with session.begin_nested() as nested:
        await send(session, "SELECT 1")  # not before that is the savepoint set
        await other.rollback()
        await send(session, "INSERT INTO mark VALUES ('undone')")
        await nested.rollback()
    await session.commit()
    assert await count(other) == 0


async def test_function_may_write(session, other):
    body = "INSERT INTO mark VALUES (n) RETURNING 1"
    function = f"FUNCTION put(n text) RETURNS int LANGUAGE sql AS $$ {body} $$"
    await send(session, f"CREATE {function}")
    await session.commit()
    await count(other)
    await send(session, "SELECT put('undone')")
    await count(other)
    await session.rollback()
    await other.commit()
    assert await count(other) == 0


async def test_many_transactions_beside_one_that_is_open(session, other):
    await send(session, "INSERT INTO mark VALUES ('open')")
    for n in range(40):
        await add(other, f"{n}")
    await session.rollback()
    with refused:
        await count(session)


async def test_stream_ends_with_its_transaction(session):
    rows = await session.stream(text("SELECT generate_series(1, 9999)"))
    assert await rows.fetchone()
    await session.commit()
    with refused:
        await rows.all()


async def test_failed_stream_undoes_its_own_transaction_only(session, other):
    numbers = "generate_series(1, 999) AS n"
    rows = await session.stream(text(f"SELECT 1 / (500 - n) FROM {numbers}"))
    assert await rows.fetchone()
    await add(other, "kept")
    with pytest.raises(Exception, match="division by zero"):  # the driver's own
        await rows.fetchall()
    await session.rollback()
    assert await count(other) == 1


async def test_lock_of_a_trigger_is_refused(session, other):
    await send(
        session,
        "CREATE TABLE counter (n INT)",
        "CREATE FUNCTION tick() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE counter SET n = n + 1; RETURN NEW; END $$",
        "CREATE TRIGGER tick AFTER INSERT ON mark EXECUTE FUNCTION tick()",
    )
    await session.commit()
    await send(session, "INSERT INTO mark VALUES ('first')")
    with refused:
        await send(other, "INSERT INTO mark VALUES ('second')")
