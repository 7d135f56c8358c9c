"""Fixtures for all tests."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.inventory import add_product


@pytest.fixture(autouse=True)
def isolated(engine: AsyncEngine) -> None:
    """Every test is undone, also what the shop's own functions commit."""


@pytest.fixture
async def tea(session: AsyncSession) -> str:
    """The name of a product, of which there are five."""
    return (await add_product(session, "tea", price=350, stock=5)).name
