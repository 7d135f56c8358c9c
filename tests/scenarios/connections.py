"""Tests that change a connection, each with one after it that must find it clean."""

import pytest
from sqlalchemy import text
from sqlmodel import Field, SQLModel

POSTGRESQL = [
    "SET search_path TO pg_catalog",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET TIME ZONE 'Asia/Tokyo'",
    "SET ROLE pg_monitor",
    "SELECT set_config('lock_timeout', '1h', false)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock_shared(2)",
    "LISTEN channel",
    "CREATE TEMPORARY TABLE temporary (id INT)",
    "DECLARE held CURSOR WITH HOLD FOR SELECT 1",
    "PREPARE prepared AS SELECT 1",
    "DO $$ BEGIN PERFORM pg_advisory_lock(3); END $$",
]
POSTGRESQL_STATE = """
SELECT 'setting', name FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'lock', objid::text FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid < 10
UNION ALL SELECT 'channel', pg_listening_channels()
UNION ALL SELECT 'table', relname FROM pg_class WHERE relpersistence = 't'
UNION ALL SELECT 'cursor', name FROM pg_cursors WHERE is_holdable
UNION ALL SELECT 'statement', name FROM pg_prepared_statements WHERE from_sql
"""
SQLITE = [
    "PRAGMA foreign_keys=OFF",
    "PRAGMA case_sensitive_like=ON",
    "PRAGMA query_only=ON",
    "PRAGMA recursive_triggers=ON",
    "ATTACH DATABASE ':memory:' AS attached",
    "CREATE TEMPORARY TABLE temporary (id INT)",
]
SQLITE_STATE = """
SELECT 'setting', 'foreign_keys' FROM pragma_foreign_keys WHERE foreign_keys = 0
UNION ALL SELECT 'setting', 'query_only' FROM pragma_query_only WHERE query_only
UNION ALL SELECT 'setting', 'triggers' FROM pragma_recursive_triggers
    WHERE recursive_triggers
UNION ALL SELECT 'setting', 'like' WHERE 'a' NOT LIKE 'A'
UNION ALL SELECT 'database', name FROM pragma_database_list WHERE name = 'attached'
UNION ALL SELECT 'table', name FROM sqlite_temp_schema
"""


class Row(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


def is_sqlite(engine):
    return engine.dialect.name == "sqlite"


async def leave_changes(connection, number):
    statements = SQLITE if is_sqlite(connection) else POSTGRESQL
    if number < len(statements):
        await connection.execute(text(statements[number]))
    else:
        await leave_driver_changed(connection)


async def leave_driver_changed(connection):
    driver = (await connection.get_raw_connection()).driver_connection
    if is_sqlite(connection):
        await driver.create_function("lower", 1, lambda _: "mine")
        driver.row_factory = lambda *_: ("factory",)
    elif hasattr(driver, "add_listener"):
        await driver.set_type_codec(
            "bool", schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
    else:
        driver.row_factory = lambda _: lambda values: ("factory", "factory")


@pytest.mark.real_commits
async def test_stream_is_left(session_factory):
    async with session_factory() as session:
        session.add_all([Row() for _ in range(1000)])
        await session.commit()
    session = session_factory()
    rows = await session.stream_scalars(text("SELECT id FROM row"))
    assert await anext(rows) == 1
    await session.close()
    test_stream_is_left.rows = rows  # as the traceback of a test that fails does


@pytest.mark.parametrize("number", range(13))
async def test_in_the_transaction(session, number):
    connection = await session.connection()
    try:
        await leave_changes(connection, number)
    except Exception as error:
        if type(error).__name__ != "RollbackError":  # what can only be done for real
            raise


@pytest.mark.real_commits
@pytest.mark.parametrize("number", range(13))
async def test_for_real(engine, number):
    async with engine.connect() as connection:
        await leave_changes(connection, number)
        await connection.commit()


@pytest.mark.real_commits
@pytest.mark.parametrize("number", range(27))
async def test_next_test_is_clean(engine, session, number):
    state = SQLITE_STATE if is_sqlite(engine) else POSTGRESQL_STATE
    async with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            assert (await connection.execute(text(state))).all() == []
            values = await connection.execute(text("SELECT lower('A'), 1 = 1"))
            assert values.one() in [("a", True), ("a", 1)]
            assert await connection.scalar(text("SELECT count(*) FROM row")) == 0
        session.add(Row())
        await session.commit()
