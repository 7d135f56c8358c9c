"""The recipe of SQLAlchemy's documentation, with asyncio.

"Joining a Session into an External Transaction (such as for test suites)": the tables
are made once, and a session's commits end savepoints of a transaction that is rolled
back. On SQLite that needs the listeners that the documentation of its dialect gives,
and asyncio needs objects that do not expire.
"""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from task_tracker import models as models


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@pytest.fixture(scope="session")
async def engine() -> AsyncIterator[AsyncEngine]:
    """The engine of all tests, on a database with tables."""
    engine = create_async_engine(os.environ["BENCHMARK_DATABASE_URL"])
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _leave_transactions_to_us)
        event.listen(engine.sync_engine, "begin", _begin)
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.drop_all)
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that joins a transaction that is rolled back."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(
            bind=connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        ) as session:
            yield session
        await transaction.rollback()
