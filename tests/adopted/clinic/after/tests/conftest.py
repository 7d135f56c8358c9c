"""Fixtures: a test's rows are undone after it, and those of the migrations stay."""

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from clinic.appointments import hire
from clinic.models import Doctor


@pytest.fixture(autouse=True)
def isolated(engine: AsyncEngine) -> None:
    """Every test is undone."""


@pytest_asyncio.fixture
async def surgeon(isolated: None) -> Doctor:
    """A doctor who takes long."""
    return await hire("Dr. Kay", "surgery")
