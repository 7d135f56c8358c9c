"""An application that writes to its database, and leaves it as it was."""

import os

import pytest
from sqlalchemy import text

from tests.harness.application import database as application


@pytest.mark.usefixtures("database")
@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_application_writes():
    assert [n for n in os.environ if n.upper() == "DATABASE_URL"] == ["DATABASE_URL"]
    async with application.connect() as engine, engine.begin() as connection:
        await connection.execute(text("CREATE TABLE written AS SELECT 1"))
        await connection.execute(text("DROP TABLE written"))
