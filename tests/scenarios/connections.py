"""Tests that change a connection, or a schema, and next ones that find them clean."""

import tomllib
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import DDL, event, text
from sqlmodel import Field, SQLModel

BOTH = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
POSTGRESQL, SQLITE = BOTH["postgresql"], BOTH["sqlite"]
# With two databases the default one is tested.
LEFT = SQLITE if find_spec("tests.harness.sqlite") else POSTGRESQL
real = partial(pytest.param, marks=pytest.mark.real_commits)
CLEAN = []  # the state that the first test has found
for statement in POSTGRESQL["made"]:
    ddl = DDL(statement).execute_if(dialect="postgresql")
    event.listen(SQLModel.metadata, "after_create", ddl)


class Row(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Odd(SQLModel, table=True):
    # A name that SQL as text would take for something else.
    __tablename__ = 'odd:name%s "x"'
    id: int | None = Field(default=None, primary_key=True)
    name: str = "default"


def in_turns():
    """Yield what tests leave, in a transaction and for real, and None to look."""
    none = real(None)
    for change in [*LEFT["connection"], "DRIVER"]:
        yield from (none, change)
    for change in [*LEFT["connection"], "CODEC"]:
        # What the look has written is undone with its connections: so not at once.
        yield from (none, real("SELECT 1"), real(change))
    for change in [*LEFT["schema"], "DRIVER", None]:
        yield from (none, real(change))


async def look(engine, session):
    async with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            state = (await connection.execute(text(LEFT["state"]))).all()
            CLEAN[:] = CLEAN or state
            assert state == CLEAN
    session.add_all([Row(), Odd(id=1)])
    await session.commit()


async def change_driver(connection, *, has_table):
    driver = (await connection.get_raw_connection()).driver_connection
    if LEFT is SQLITE:
        await driver.create_function("lower", 1, lambda _: "mine")
        driver.row_factory = lambda *_: ("factory",)
        return
    if has_table:
        await driver.execute("CREATE TABLE of_driver (id int)")
    if hasattr(driver, "add_listener"):
        await driver.set_type_codec(
            "bool", schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
    else:
        driver.row_factory = lambda _: lambda values: ("factory", "factory")


TURNS = [*in_turns()]


@pytest.mark.parametrize("change", TURNS, ids=range(len(TURNS)))
async def test_next_test_is_clean(engine, session, change, request):
    if change is None:
        return await look(engine, session)
    connection = await session.connection()
    try:
        if change in ("DRIVER", "CODEC"):
            await change_driver(connection, has_table=change == "DRIVER")
        else:
            await connection.execute(text(change))
    except Exception as error:
        if type(error).__name__ != "RollbackError":  # what can only be done for real
            raise
    if request.node.get_closest_marker("real_commits"):
        await session.commit()


@pytest.mark.real_commits
async def test_stream_is_left(session_factory):
    async with session_factory() as session:
        session.add_all([Row() for _ in range(1000)])
        await session.commit()
    session = session_factory()
    rows = await session.stream_scalars(text("SELECT id FROM row"))
    assert await anext(rows)
    await session.close()
    test_stream_is_left.rows = rows  # as the traceback of a test that fails does


@pytest.mark.real_commits
async def test_next_test_is_clean_as_well(engine, session):
    await look(engine, session)
