# fmt: off; isort: skip_file
"""What the harness's own tests find in the database."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from .probe import METADATA, Reference


# Optional, so that a run without the plugin fails for what its tests miss.
@pytest.hookimpl(optionalhook=True)
async def pytest_prepare_database(session: AsyncSession) -> None:
    """Create the tables of these tests, and the rows that every test finds."""
    connection = await session.connection()
    await connection.run_sync(METADATA.create_all)
    session.add_all([Reference(name="a"), Reference(name="b")])
