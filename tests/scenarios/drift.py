"""Databases that differ from what the models make, in one thing for each test."""

import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.harness.migrations import create_schema, differences_from_models

pytestmark = pytest.mark.real_commits
ROWS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
KIND = "postgresql" if find_spec("tests.harness.postgresql") else "sqlite"
REWRITE = "UPDATE sqlite_schema SET sql = replace(sql, :old, :new)"


async def change(connection, change):
    """Run statements, or write something else into SQLite's schema."""
    old, is_text, new = change.partition(" -> ")
    if is_text:
        await connection.execute(text("PRAGMA writable_schema=ON"))
        done = await connection.execute(text(REWRITE), {"old": old, "new": new})
        assert done.rowcount
        await connection.execute(text("PRAGMA writable_schema=RESET"))
        return
    for statement in change.split("; "):
        await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("row", ROWS[KIND], ids=lambda row: row[0])
async def test_difference_from_the_models_is_found(database, engine, row):
    statements, *parts = row
    await database.clear()
    async with engine.connect() as connection:
        await connection.run_sync(create_schema)
        await change(connection, statements)
        await connection.commit()
        found = await connection.run_sync(differences_from_models)

    assert len(found) == len(parts), found
    for part in parts:
        assert any(part in difference for difference in found), found
