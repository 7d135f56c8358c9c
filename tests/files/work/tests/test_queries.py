"""Invoices."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice
from task_tracker.repository import Repository, first


async def test_invoice_is_stored(session: AsyncSession, invoice: Invoice) -> None:
    await session.refresh(invoice)

    assert invoice.number == "2030-1"


@pytest.mark.real_commits
async def test_two_sessions_write(
    session_factory: async_sessionmaker[AsyncSession],
) -> None:
    for number in ("1", "2"):
        async with session_factory() as session:
            session.add(Invoice(number=number))
            await session.commit()


@pytest.mark.postgresql
async def test_arithmetic(session: AsyncSession) -> None:
    connection = await session.connection()

    assert await connection.scalar(text("SELECT 1 + 1")) == 2


@pytest.mark.slow
def test_repository() -> None:
    repository = Repository[Engine]()
    assert repository.names() == []
    assert first(["a", "b"]) == "a"
