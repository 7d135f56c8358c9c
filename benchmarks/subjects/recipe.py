"""The recipe of SQLAlchemy's documentation, with asyncio.

"Joining a Session into an External Transaction (such as for test suites)": the tables
are made once, and a session's commits end savepoints of a transaction that is rolled
back. On SQLite that needs the listeners that the documentation of its dialect gives,
and asyncio needs objects that do not expire.
"""

import os
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from task_tracker import models as models


@pytest.fixture(scope="session")
async def engine() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(os.environ["BENCHMARK_DATABASE_URL"])
    if engine.dialect.name == "sqlite":
        # Leave the transactions to us.
        sync, name = engine.sync_engine, "isolation_level"
        event.listen(sync, "connect", lambda driver, _: setattr(driver, name, None))
        event.listen(sync, "begin", lambda begun: begun.exec_driver_sql("BEGIN"))
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.drop_all)
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(
            bind=connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        ) as session:
            yield session
        await transaction.rollback()
