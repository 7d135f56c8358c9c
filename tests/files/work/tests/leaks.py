"""Fixtures."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from task_tracker.models.invoice import Invoice


@pytest.fixture
async def invoice(session: AsyncSession) -> Invoice:
    """An invoice."""
    invoice = Invoice(number="2030-1")
    session.add(invoice)
    await session.commit()
    return invoice
