"""What the harness's own tests find in the database."""

from sqlmodel.ext.asyncio.session import AsyncSession

from .test_isolation import Probe, Reference


async def pytest_prepare_database(session: AsyncSession) -> None:
    """Create the tables of these tests, and the rows that every test finds."""
    connection = await session.connection()
    await connection.run_sync(Probe.metadata.create_all)
    session.add_all([Reference(name="a"), Reference(name="b")])
