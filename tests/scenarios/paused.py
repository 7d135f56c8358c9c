"""Tests that wait in the middle of a transaction until they are told to go on."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import text

NOTES = Path(os.environ["NOTES"])


# So many that two workers, of which each gets two to begin with, both get some.
@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_paused(session, tmp_path, number):
    connection = await session.connection()
    await connection.execute(text("SELECT 1"))
    (NOTES / f"paused-{os.getpid()}").touch()
    while not (NOTES / "go").exists():  # noqa: ASYNC110 - another process says so
        await asyncio.sleep(0.01)
    await connection.execute(text("SELECT 1"))
    assert tmp_path.is_dir()
