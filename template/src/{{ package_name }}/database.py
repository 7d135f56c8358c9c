"""The one place where the application's engine and sessions are made."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    URL,
    Connection,
    ExceptionContext,
    QueuePool,
    event,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    async_sessionmaker,
    create_async_engine,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from . import sqlite
from .settings import Settings

# Of PostgreSQL, and where the application's settings have them.
LIMITS = {
    "lock_timeout": "database_lock_timeout",
    "statement_timeout": "database_statement_timeout",
    "idle_in_transaction_session_timeout": "database_idle_timeout",
}

# Connections on which a statement has failed since the last commit.
_failed: WeakSet[Connection] = WeakSet()

# Unbound until `connect()` binds it. Objects stay readable after a commit: with
# expiry on, reading an attribute would need a query, which async code cannot hide.
session_factory = async_sessionmaker(class_=AsyncSession, expire_on_commit=False)


def create_engine(
    url: str | URL, limits: Mapping[str, float] | None = None, **pool: Any
) -> AsyncEngine:
    """Make an engine with the behaviour that the application relies on.

    `limits` are settings of PostgreSQL's, in seconds, such as its `lock_timeout`, and
    `pool` sets up its pool, as for SQLAlchemy; SQLite's has its own size.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url)
        if isinstance(engine.pool, QueuePool):  # in memory there is one connection
            # Those that wait for the lock poll for it, and many do so in vain. For a
            # connection they wait in turns.
            engine = create_async_engine(url, pool_size=5, max_overflow=0)
        sqlite.set_up(engine.sync_engine)
    else:
        # PgBouncer in transaction mode before 1.21, or without max_prepared_statements,
        # needs connect_args={"statement_cache_size": 0} for asyncpg, and for psycopg
        # {"prepare_threshold": None}: else a connection runs another one's statement.
        engine = create_async_engine(
            url,
            # Connections that the server has ended are replaced before they are used.
            pool_pre_ping=True,
            **pool,
        )
        if engine.dialect.driver == "asyncpg":
            engine.dialect.do_ping = ping  # type: ignore[method-assign]
        if limits:
            event.listen(engine.sync_engine, "connect", partial(_limit, limits))
    event.listen(engine.sync_engine, "handle_error", _note_failure)
    event.listen(engine.sync_engine, "commit", _refuse_after_failure)
    return engine


def _note_failure(context: ExceptionContext) -> None:
    if context.connection is not None:
        _failed.add(context.connection)


def _refuse_after_failure(connection: Connection) -> None:
    # Where code has caught the error of a statement and gone on, PostgreSQL answers the
    # COMMIT with ROLLBACK, which no driver tells. It refuses any other statement.
    if connection in _failed:
        _failed.discard(connection)
        with ExitStack() as stack:
            # If it is refused: SQLAlchemy takes the transaction for ended already.
            stack.callback(connection.connection.rollback)
            connection.exec_driver_sql("SELECT 1")
            stack.pop_all()


def ping(dbapi_connection: Any) -> bool:
    """Return whether the server answers, after one trip.

    SQLAlchemy's own ping for asyncpg makes three, of the six that a request takes:
    behind PgBouncer its prepared statement needs a transaction.
    """
    with suppress(Exception):
        dbapi_connection.run_async(lambda driver: driver.execute("SELECT 1"))
        return True
    return False


def _limit(
    limits: Mapping[str, float], connection: DBAPIConnection, _record: object
) -> None:
    # Not in the URL, where the two drivers, and PgBouncer, take different things.
    calls = [f"set_config('{n}', '{limits[n] * 1000:.0f}', false)" for n in limits]
    cursor = connection.cursor()
    cursor.execute(f"SELECT {', '.join(calls)}")
    cursor.close()
    connection.commit()


@asynccontextmanager
async def connect() -> AsyncIterator[AsyncEngine]:
    """Connect the application to the database at `DATABASE_URL` for the block.

    Meant for start-up (a web framework's lifespan, a script's `main`). Inside the
    block `session_factory()` gives sessions on the engine that is yielded. Where it is
    bound already, by an outer block or by the tests, the block joins in.
    """
    if bind := session_factory.kw["bind"]:
        yield bind
        return
    settings = Settings()
    own = settings.model_dump()  # a `settings.py` of before may lack some
    limits = {name: own[key] for name, key in LIMITS.items() if key in own}
    engine = create_engine(
        settings.database_url,
        limits,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
        pool_recycle=settings.database_pool_recycle,
    )
    session_factory.configure(bind=engine)
    try:
        yield engine
    finally:
        session_factory.configure(bind=None)
        await engine.dispose()
