"""Fixtures for all tests."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.db import create_tables, engine
from shop.inventory import add_product


@pytest.fixture(scope="session", autouse=True)
async def tables() -> AsyncIterator[None]:
    """The tables."""
    await create_tables()
    yield
    await engine.dispose()


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session whose changes are rolled back after the test."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(connection, expire_on_commit=False) as session:
            yield session
        await transaction.rollback()


@pytest.fixture
async def tea(session: AsyncSession) -> str:
    """The name of a product, of which there are five."""
    return (await add_product(session, "tea", price=350, stock=5)).name
