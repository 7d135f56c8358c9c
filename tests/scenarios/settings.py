"""Tests that find the settings which a migration gives the database."""

import pytest
from sqlalchemy import text

SETTINGS = {
    "search_path": "reports, public",
    "application_name": "a, b=c",
    "work_mem": "7MB",
}


@pytest.mark.real_commits
@pytest.mark.parametrize("number", range(3))
async def test_settings_are_there_after_every_restore(engine, number):
    async with engine.begin() as connection:
        for name, value in SETTINGS.items():
            query = text("SELECT current_setting(:name)")
            assert await connection.scalar(query, {"name": name}) == value
        await connection.execute(text(f"CREATE TABLE public.made_{number} (id int)"))
