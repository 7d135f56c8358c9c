"""Fixtures: a client."""

from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from library.database import Book
from library.main import app


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    """A client whose requests use the test's database."""
    async with (
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def emma(session: AsyncSession) -> int:
    """The number of a book."""
    book = Book(title="Emma", author="Jane Austen")
    session.add(book)
    await session.commit()
    return book.id
