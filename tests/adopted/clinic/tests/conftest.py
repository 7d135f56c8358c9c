"""Fixtures: the migrated database, emptied after each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config

from clinic.appointments import hire
from clinic.database import Session, connected
from clinic.models import Base, Doctor, Specialty

INI = Path(__file__).parents[1] / "alembic.ini"


@pytest.fixture(scope="session")
def migrated() -> None:
    """The tables."""
    command.upgrade(Config(INI), "head")


@pytest_asyncio.fixture(autouse=True)
async def database(migrated: None) -> AsyncIterator[None]:
    """The database, on the event loop of each test."""
    async with connected() as engine:
        yield
        async with engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(table.delete())


@pytest_asyncio.fixture
async def specialties(database: None) -> None:
    """The rows of the migrations, which the first test has deleted."""
    async with Session.begin() as session:
        await session.merge(Specialty(code="general", minutes=15))
        await session.merge(Specialty(code="surgery", minutes=45))


@pytest_asyncio.fixture
async def surgeon(specialties: None) -> Doctor:
    """A doctor who takes long."""
    return await hire("Dr. Kay", "surgery")
