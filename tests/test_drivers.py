"""What docs/drivers.md says of the drivers, tried row by row on real databases."""

import ast
import asyncio
import gc
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.ext.asyncio import create_async_engine as create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .matrix import environment
from .matrix.postgresql import create_database, pgbouncer

DRIVERS = ("aiosqlite", "asyncpg", "psycopg")


class Base(DeclarativeBase):
    """The table here, apart from those of SQLModel."""


class Account(Base):
    """There are two of these: 1, with the name "taken", and 2."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(unique=True)
    balance: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2), default=Decimal(1000))
    number: Mapped[int | None]
    naive: Mapped[datetime | None]
    aware: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    made: Mapped[datetime] = mapped_column(server_default=func.now())
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    children: Mapped[list["Account"]] = relationship()


def stored(**value: Any) -> Any:
    change = update(Account).where(Account.id == 1).values(**value)
    return change.returning(*(getattr(Account, column) for column in value))


def on(connection: int, *statements: Any) -> list[tuple[int, Any]]:
    return [(connection, statement) for statement in statements]


one, other, third = partial(on, 0), partial(on, 1), partial(on, 2)
COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"
NOON = datetime(2020, 1, 1, 12)
TOKYO = "SET LOCAL TIME ZONE 'Asia/Tokyo'"
FACTOR = Decimal("0.004")
LESS = select(func.count()).where(Account.balance < Decimal("1000.004"))
WRITE = update(Account).values(number=1)
ROW = update(Account).where(Account.id == sa.bindparam("row")).values(number=1)
MAXIMUM = select(sa.cast(func.max(Account.naive), sa.String))
READ = "SELECT 77"
SET = "SET work_mem = 4096"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '^S.* (77|w)'"
END = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
END += "WHERE datname = current_database() AND pid <> pg_backend_pid()"
TABLE = other(
    "DROP TABLE IF EXISTS changed", "CREATE TABLE changed AS SELECT 1", COMMIT
)
ALL = "SELECT * FROM changed"
COLUMN = other("ALTER TABLE changed ADD COLUMN more INTEGER", COMMIT)
SIX = TABLE + one(ALL, COMMIT) * 6 + COLUMN
# A second server prepares another statement by the name that one's has on the first.
CROSSED = one("SELECT 1", COMMIT) * 6 + third("SELECT 0")
CROSSED += other("SELECT 2", COMMIT) * 6 + one("SELECT 1")

# Statements on connections of one pool. The row is about what the last one returns.
STEPS: dict[str, list[tuple[int, Any]]] = {
    "A value twice in a unique column": one(insert(Account).values(name="taken")),
    "A write after another's commit, in a transaction that has read": (
        one("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN")
        + (one(select(Account.id)) + other(WRITE, COMMIT) + one(WRITE))
    ),
    "A lock that another transaction holds for too long": (
        one(WRITE) + other("SET LOCAL lock_timeout = 10", WRITE)
    ),
    "A statement that takes longer than `statement_timeout`": (
        one("SET LOCAL statement_timeout = 10", "SELECT pg_sleep(60)")
    ),
    "The next statement after an error": one(WRITE, "SELECT nothing", "SELECT 1"),
    "A connection that the server has ended": other(END, COMMIT) + one("SELECT 1"),
    '`balance + balance * Decimal("0.004")`, of 1000.00 in `Numeric(10, 2)`': (
        one(stored(balance=Account.balance + Account.balance * FACTOR))
    ),
    '… with `literal(Decimal("0.004"))`': (
        one(stored(balance=Account.balance + Account.balance * sa.literal(FACTOR)))
    ),
    '… is it `< Decimal("1000.004")`?': one(LESS.where(Account.id == 1)),
    "`1.5` into an integer column": one(stored(number=1.5)),
    '`"5"` into an integer column': one(stored(number="5")),
    "NUL in a string": one(stored(name="a\0b")),
    "12:00+05:00 into a column without a time zone": (
        one(TOKYO, stored(naive=NOON.replace(tzinfo=timezone(timedelta(hours=5)))))
    ),
    "12:00 without a zone into a column with one": one(TOKYO, stored(aware=NOON)),
    "`datetime.max`, as the database has it": (
        one(stored(naive=datetime.max), MAXIMUM)
    ),
    "`rowcount` of an `update()` with two sets of parameters": (
        one((ROW, [{"row": 1}, {"row": 2}]))
    ),
    "`in_()` with 40,000 values": (
        one(select(func.count()).where(Account.id.in_(range(40_000))))
    ),
    "Prepared after the same statement, five times": one(*[READ] * 5, PREPARED),
    "… six times": one(*[READ] * 6, PREPARED),
    "… six times a `SET`": one(*[SET] * 6, PREPARED),
    "… ten times, each in a transaction that is rolled back": (
        one(*[READ, ROLLBACK] * 10, PREPARED)
    ),
    "… ten times, with a second one in the same string": (
        one(*[f"{READ}; SELECT 78"] * 10, PREPARED)
    ),
    "`*` is selected again, after another connection's `ADD COLUMN`": (
        TABLE + one(ALL, COMMIT) + COLUMN + one(ALL)
    ),
    "… sent six times before": SIX + one(ALL),
    "… and once more, after a rollback": SIX + one(ALL, ROLLBACK, ALL),
    "PgBouncer: `pool_mode = transaction`, giving back an advisory lock of a "
    "transaction before": (
        one("SELECT pg_advisory_lock(1)", COMMIT)
        + third("SELECT 0")
        + one("SELECT pg_advisory_unlock(1)")
    ),
}


async def deadlock(engine: AsyncEngine) -> None:
    async def lock(connection: AsyncConnection, row: int) -> None:
        try:
            await connection.execute(ROW, {"row": row})
        except sa.exc.DBAPIError:
            await connection.rollback()
            raise

    async with engine.connect() as first, engine.connect() as second:
        await first.execute(text("SET LOCAL deadlock_timeout = 10"))
        await lock(first, 1)
        await lock(second, 2)
        both = lock(first, 2), lock(second, 1)
        [failed] = filter(None, await asyncio.gather(*both, return_exceptions=True))
        raise failed


async def load_lazily(engine: AsyncEngine) -> str:
    async with AsyncSession(engine) as session:
        account = await session.get_one(Account, 1)
        with pytest.raises(sa.exc.SQLAlchemyError) as error:
            _ = account.children
    name = type(error.value).__name__
    del error
    gc.collect()  # so that the warning about its coroutine belongs to this test
    return name


async def compare_now(engine: AsyncEngine) -> str:
    add = insert(Account).returning(Account.made)
    async with engine.connect() as connection:
        made = [(await connection.execute(add)).scalar_one() for _ in range(2)]
    same = "the same" if made[0] == made[1] else "different"
    return same if any(each.microsecond for each in made) else "whole seconds"


async def count_statements(engine: AsyncEngine) -> int:
    sent: list[object] = []
    rows = [{"number": number} for number in (5, 9, 3)]
    add = insert(Account).returning(Account.number, sort_by_parameter_order=True)
    async with engine.connect() as connection:
        listen = sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
        listen(lambda *call: sent.append(call))
        assert (await connection.scalars(add, rows)).all() == [5, 9, 3]
    return len(sent)


PROBES = {
    "A deadlock": deadlock,
    "A lazy load without `await`, in a transaction": load_lazily,
    "Two rows' `func.now()` in one transaction": compare_now,
    "Statements for three rows, `sort_by_parameter_order`": count_statements,
}


def page() -> dict[str, dict[str, str]]:
    """Return what the page says: the drivers' answers, by the row's first cell."""
    found = {}
    lines = (environment.REPOSITORY / "docs" / "drivers.md").read_text().splitlines()
    for row, *cells in (line.strip("| ").split(" | ") for line in lines):
        answers = [re.match("`(.+?)`", cell) for cell in cells[:3]]
        pairs = zip(DRIVERS, answers, strict=False)
        if said := {driver: answer[1] for driver, answer in pairs if answer}:
            found[row] = said
    return found


CASES = [(driver, row) for row, answers in page().items() for driver in answers]
POOLED = [case for case in CASES if case[1].startswith("PgBouncer")]
DIRECT = [case for case in CASES if case not in POOLED]


def steps_of(row: str) -> list[tuple[int, Any]]:
    if row in STEPS or row.startswith("PgBouncer"):
        return STEPS.get(row, CROSSED)
    where, _, sql = row.strip("`").rpartition(": `")
    value = re.search("`x=(.+?)`", where)
    parameters = {"x": ast.literal_eval(value[1])} if value else {}
    return one((text(sql), parameters) if "text()" in where else sql)


@asynccontextmanager
async def engine_on(url: sa.URL, **arguments: Any) -> AsyncIterator[AsyncEngine]:
    if url.get_backend_name() == "sqlite":
        arguments = {"timeout": 0} | arguments
    engine = create_engine(url, pool_pre_ping=True, connect_args=arguments)
    try:
        yield engine
    finally:
        await engine.dispose()


async def connect(url: sa.URL, **arguments: Any) -> str:
    async with engine_on(url, **arguments) as engine, engine.connect():
        return "connects"


async def send(connection: AsyncConnection, statement: Any) -> object:
    if statement in (COMMIT, ROLLBACK):
        return await getattr(connection, statement.lower())()
    if isinstance(statement, str):
        result = await connection.exec_driver_sql(statement)
    else:
        parts = statement if isinstance(statement, tuple) else (statement,)
        result = await connection.execute(*parts)
    value = result.scalar() if result.returns_rows else result.rowcount
    return repr(value) if isinstance(value, str) else value


async def run(engine: AsyncEngine, steps: list[tuple[int, Any]]) -> object:
    *before, (last, statement) = steps
    async with engine.connect() as a, engine.connect() as b, engine.connect() as c:
        connections = a, b, c
        for number, each in before:
            with suppress(sa.exc.DBAPIError):
                await send(connections[number], each)
        return await send(connections[last], statement)


async def told(attempt: Awaitable[object]) -> str:
    """Return the answer, or an error's class with SQLSTATE or SQLite's name for it."""
    try:
        return str(await attempt)
    except Exception as error:
        kind, original = type(error).__name__, getattr(error, "orig", None)
        code = getattr(original, "sqlstate", getattr(original, "sqlite_errorname", ""))
        return f"{kind} {code or ''}".rstrip()


async def observe(url: sa.URL, row: str, **arguments: Any) -> str:
    where, _, pairs = row.partition(": ")
    if where in ("In the URL", "In `connect_args`"):
        answers = set()
        for name, value in re.findall("`(.+?)=(.+?)`", pairs):
            if where == "In the URL":
                answer = told(connect(url.update_query_dict({name: value})))
            else:
                answer = told(connect(url, **{name: ast.literal_eval(value)}))
            answers.add(await answer)
        return " or ".join(answers)
    async with engine_on(url, **arguments) as engine:
        probe = PROBES.get(row)
        return await told(probe(engine) if probe else run(engine, steps_of(row)))


async def set_up(url: sa.URL) -> None:
    async with engine_on(url) as engine, engine.begin() as connection:
        if url.get_backend_name() == "sqlite":
            await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Account), [{"name": "taken"}, {"name": None}])


@pytest.fixture(scope="module")
def urls(server: int, own: Path) -> dict[str, sa.URL]:
    """A database for each driver."""
    urls = {"aiosqlite": sa.make_url(f"sqlite+aiosqlite:///{own / 'drivers.db'}")}
    for driver in DRIVERS[1:]:
        url = sa.make_url(create_database(server, f"drivers_{driver}"))
        urls[driver] = url.set(drivername=f"postgresql+{driver}")
    for url in urls.values():
        asyncio.run(set_up(url))
    return urls


@pytest.fixture
def west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client is five hours west of Greenwich."""
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_page_has_each_row_that_is_tried_here() -> None:
    assert {*STEPS, *PROBES} <= {*page()}
    for row in {*page()} - {*STEPS, *PROBES}:
        assert re.match("In .*: `|PgBouncer: `|`SELECT .*`$", row), row


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize(("driver", "row"), DIRECT)
def test_driver_does_what_the_page_says(
    urls: dict[str, sa.URL], west: None, driver: str, row: str
) -> None:
    assert asyncio.run(observe(urls[driver], row)) == page()[row][driver]


@pytest.mark.parametrize(("driver", "row"), POOLED)
def test_pooler_does_what_the_page_says(
    urls: dict[str, sa.URL], server: int, tmp_path: Path, driver: str, row: str
) -> None:
    settings = re.findall("`([a-z_]+ = [a-z0-9]+)`", row)
    pairs = re.findall("`([a-z_]+)=([A-Za-z0-9]+)`", row)
    given = dict(zip(DRIVERS[1:], pairs, strict=False)).get(driver)
    arguments = {given[0]: ast.literal_eval(given[1])} if given else {}
    with pgbouncer(server, tmp_path, settings) as port:
        answer = asyncio.run(observe(urls[driver].set(port=port), row, **arguments))
    assert answer == page()[row][driver]
