"""Rows that a migration inserts: every test finds them, whatever others did."""

import pytest
from sqlalchemy import text

twice = pytest.mark.parametrize("run", ["first", "second"])
ROWS = text("SELECT code, name FROM country ORDER BY code")


@twice
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE country SET name = 'Elsewhere' WHERE code = 'de'",
        "DELETE FROM country",
        "INSERT INTO country (code, name) VALUES ('xx', 'Nowhere')",
        "DROP TABLE country",
        "INSERT INTO worker (handle, type) VALUES ('ada', 'human')",
    ],
)
async def test_rows_of_a_migration_are_there_whatever_was_done(session, change, run):
    assert (await session.execute(ROWS)).all() == [("de", "Germany"), ("fr", "France")]

    await session.execute(text(change))
    await session.commit()


@twice
@pytest.mark.real_commits
async def test_rows_of_a_migration_are_there_after_real_commits(session, run):
    assert (await session.execute(ROWS)).all() == [("de", "Germany"), ("fr", "France")]

    await session.execute(text("UPDATE country SET name = code"))
    await session.commit()
