"""Random programs, run with real commits and under rollback: both must end alike.

A program is what up to four sessions and connections do, in any order. Under rollback
it may be refused, with the mark's name; then it is compared up to there. What somebody
has only flushed is visible to all under rollback, so nobody looks at it.
"""

import asyncio
import os
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import DDL, CheckConstraint, ForeignKey, bindparam, event, insert, text
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.harness.application import create_engine
from tests.harness.isolation_rollback import RollbackError

LATER = ForeignKey("item.name", deferrable=True, initially="DEFERRED")
FUNCTION = """CREATE FUNCTION add_item(text) RETURNS int LANGUAGE sql AS
'INSERT INTO item (name, n) VALUES ($1, 0) RETURNING n'"""


class Item(SQLModel, table=True):
    __table_args__ = (CheckConstraint("n < 9", name="small"),)
    name: str = Field(primary_key=True)
    n: int = 0


class Child(SQLModel, table=True):
    name: str = Field(primary_key=True)
    item: str = Field(foreign_key="item.name")


class Later(SQLModel, table=True):
    name: str = Field(primary_key=True)
    item: str = Field(sa_column_args=[LATER])


function = DDL(FUNCTION).execute_if(dialect="postgresql")
event.listen(Item.__table__, "after_create", function)
TABLES = ("item", "child", "later")
SQL = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
STATEMENTS, POSTGRESQL = SQL["statements"], SQL["postgresql"]
READS = ["read", "count", "stream", "show", "connection", "missing"]
ENDS = ["commit", "rollback", "close"]
NESTED = ["nested", "nested commit", "nested rollback"]
# What may fail, or not, for what is only flushed.
SEES_FLUSHED = ["child", "deferred", "foreign", "made"]
PYTHON = ["add", "bulk", "many", "client", "cancel"]


class Actor:
    """A session or a connection, what it has begun, and whether it has only flushed."""

    def __init__(self, engine, is_session):
        self.engine, self.is_session, self.thing = engine, is_session, None
        self.nested, self.has_flushed = [], False

    async def do(self, what, name):
        """Take a step; return what came of it."""
        if self.thing is None:
            if self.is_session:
                self.thing = AsyncSession(self.engine, expire_on_commit=False)
            else:
                self.thing = await self.engine.connect()
        thing = self.thing
        if what in ENDS:
            self.nested, self.has_flushed = [], False
            await getattr(thing, what)()  # where that fails, `run` closes it
            self.thing = None if what == "close" else thing
            return None
        if what == "nested":
            self.has_flushed = True  # it takes SQLite's lock
            self.nested.append(await thing.begin_nested())
        elif what in NESTED and self.nested:
            await getattr(self.nested.pop(), what.removeprefix("nested "))()
        elif what == "read":
            return [await self.rows(f"SELECT * FROM {table}") for table in TABLES]
        elif what == "connection" and self.is_session:
            connection = await thing.connection()
            return (await connection.execute(text("SELECT 1"))).all()
        elif what == "stream":
            result = await thing.stream(text("SELECT name FROM item ORDER BY 1"))
            return [tuple(row) async for row in result]
        elif what == "client":
            return await self.rows("SELECT 1 FROM item WHERE name = :n", n=object())
        self.has_flushed |= what not in READS
        if what == "add" and self.is_session:
            thing.add(Item(name=name))
            await thing.flush()
        elif what == "bulk" and self.is_session:
            await thing.run_sync(lambda s: s.bulk_save_objects([Item(name=name)]))
        elif what == "many":
            statement = insert(Item).values(name=bindparam("x"), n=0)
            await thing.execute(statement, [{"x": name}, {"x": name * 2}])
        elif what == "cancel":
            await self.rows("SELECT 1")
            task = asyncio.create_task(self.rows(STATEMENTS["returning"], name=name))
            await asyncio.sleep(0)
            task.cancel()
            await task
        elif sql := (STATEMENTS | POSTGRESQL).get(what):
            return await self.rows(sql, **{"name": name} if ":name" in sql else {})

    async def rows(self, sql, **parameters):
        """Return the rows of a query in order, or how many a statement has changed."""
        result = await self.thing.execute(text(sql), parameters)
        if result.returns_rows:
            return sorted(map(tuple, result.all()))
        return result.rowcount if sql[:6] in ("INSERT", "UPDATE", "DELETE") else None


async def run(engine, kinds, steps):
    """Run a program; return what came of each step, the last of which is refused."""
    actors = [Actor(engine, is_session) for is_session in kinds]
    outcomes = []
    try:
        for who, what, name in steps:
            is_dirty = any(a.has_flushed for a in actors if a is not actors[who])
            if is_dirty and what in SEES_FLUSHED:
                outcomes.append("left out")
                continue
            try:
                outcome = await actors[who].do(what, name)
            except (Exception, asyncio.CancelledError) as error:
                if was_refused(error):
                    return [*outcomes, "refused"]
                outcome = name_of(error)
                if what == "client":  # sqlite3 may raise an earlier error once more
                    outcome = "error"
            outcomes.append(None if is_dirty and what in READS else outcome)
    finally:
        for actor in actors:
            if actor.thing is not None:
                try:
                    await actor.thing.close()
                except Exception:  # a savepoint is gone
                    await actor.thing.invalidate()
    return outcomes


def was_refused(error):
    """Return whether rollback refuses a step, with the name of the mark."""
    is_refusal = isinstance(getattr(error, "orig", None) or error, RollbackError)
    return is_refusal and "real_commits" in str(error)


def name_of(error):
    """Return the class of an error, and of the driver's that it wraps."""
    driver = getattr(error, "orig", None)
    cause = type(getattr(driver, "__cause__", None) or driver).__name__
    if cause == "InvalidSqlStatementName":
        # psycopg, in a transaction that was aborted before an executemany.
        return ("InternalError", "InFailedSqlTransaction")
    return (type(error).__name__, cause)


async def empty(engine):
    await engine.dispose()  # psycopg may have lost a statement that it has prepared
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS made"))
        for table in reversed(TABLES):
            await connection.execute(text(f"DELETE FROM {table}"))
        await connection.execute(insert(Item).values(name="seed", n=0))


@pytest.fixture(scope="session")
async def real(database, tmp_path_factory):
    """An engine for a database of its own, where nothing waits for long."""
    url, admin = database.url, None
    if url.get_backend_name() == "sqlite":
        path = tmp_path_factory.mktemp("real") / "real.db"
        engine = create_engine(f"sqlite+aiosqlite:///{path}?timeout=0.05")
        hurry = "PRAGMA synchronous=OFF"
        event.listen(engine.sync_engine, "connect", lambda c, _: c.execute(hurry))
    else:
        admin = create_engine(url.set(database="postgres"))
        admin = admin.execution_options(isolation_level="AUTOCOMMIT")
        url = url.set(database=f"{url.database}_real")
        async with admin.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{url.database}"'))
            alter = f'ALTER DATABASE "{url.database}" SET lock_timeout = 50'
            await connection.execute(text(alter))
        engine = create_engine(url)
    async with engine.begin() as connection:
        tables = [Item.__table__, Child.__table__, Later.__table__]
        await connection.run_sync(SQLModel.metadata.create_all, tables)
    yield engine
    await engine.dispose()
    if admin:
        async with admin.connect() as connection:
            await connection.execute(text(f'DROP DATABASE "{url.database}"'))
        await admin.dispose()


@st.composite
def programs(draw):
    """Make whether only one writes, who is a session, and who does what."""
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=4))
    everything = [*STATEMENTS, *READS, *ENDS, *ENDS, *NESTED, *PYTHON]
    if find_spec("tests.harness.postgresql"):
        everything += POSTGRESQL
    is_alone, steps = draw(st.booleans()), []
    for _ in range(draw(st.integers(2, 14))):
        who = draw(st.integers(0, len(kinds) - 1))
        what = draw(st.sampled_from(READS + ENDS if is_alone and who else everything))
        steps.append((who, what, draw(st.sampled_from("abc"))))
    ends = [(who, "close", "") for who in range(len(kinds))]
    return is_alone, kinds, [*steps, *ends, (0, "read", "")]


ALONE = []  # whether programs were refused in which only one writes
LEFT = "ignore:.*ServerCursorMixin.__del__:pytest.PytestWarning"  # half-read streams


@pytest.mark.filterwarnings(LEFT)
@seed(int(os.environ["PROGRAMS_SEED"]))
@settings(
    max_examples=int(os.environ["PROGRAMS"]),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(program=programs())
async def test_programs_end_alike(program, real, isolate, request, database):
    is_alone, kinds, steps = program
    try:
        async with isolate(request.node):
            async with database.engine.begin() as connection:
                await connection.execute(insert(Item).values(name="seed", n=0))
            rollback = await run(database.engine, kinds, steps)
    except pytest.fail.Exception as failure:
        raise AssertionError(f"{kinds} {steps}: {failure}") from None
    is_refused = rollback[-1] == "refused"
    rollback = rollback[: len(rollback) - is_refused]
    if is_alone:
        ALONE.append(is_refused)
    await empty(real)
    commits = await run(real, kinds, steps[: len(rollback)])
    assert commits == rollback, f"{kinds} {steps}: {commits} / {rollback}"


def test_few_programs_are_refused_in_which_only_one_writes():
    assert sum(ALONE) <= len(ALONE) / 100
