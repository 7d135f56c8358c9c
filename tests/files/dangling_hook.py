"""A hook for `conftest.py`, with a row that refers to none."""

# Whether foreign keys are enforced is up to the application's engine.
PARENTS = "ON"


async def pytest_prepare_database(session):
    """Leave a row that refers to none, as an import with foreign keys off does."""
    connection = await session.connection()
    for statement in (
        "PRAGMA foreign_keys=OFF",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (parent INT REFERENCES parent DEFERRABLE "
        "INITIALLY DEFERRED)",
        "INSERT INTO child VALUES (2)",
    ):
        await connection.exec_driver_sql(statement)
    await session.commit()
    connection = await session.connection()
    await connection.exec_driver_sql(f"PRAGMA foreign_keys={PARENTS}")
