"""What is added to a project's `tests/conftest.py`: no migration makes these tables."""


async def pytest_prepare_database(session):
    from sqlmodel import SQLModel

    connection = await session.connection()
    await connection.run_sync(SQLModel.metadata.create_all)
