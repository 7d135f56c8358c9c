"""Fixtures: new tables for each test, and a client."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from library.database import Base, Book, get_session
from library.main import app, lifespan

FILE = Path(__file__).with_name("test.db")
URL = os.environ.get("LIBRARY_TESTS", f"sqlite+aiosqlite:///{FILE}")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the tests run on."""
    return "asyncio"


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session on new tables."""
    engine = create_async_engine(URL)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await engine.dispose()


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    """A client whose requests use the test's session."""
    app.dependency_overrides[get_session] = lambda: session
    async with (
        lifespan(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
async def emma(session: AsyncSession) -> int:
    """The number of a book."""
    book = Book(title="Emma", author="Jane Austen")
    session.add(book)
    await session.commit()
    return book.id
