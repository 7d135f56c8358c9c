"""Tests of a table that hides its rows even from its owner."""

import pytest
from sqlalchemy import DDL, event, text
from sqlmodel import SQLModel

for statement in (
    "CREATE TABLE hidden (id int PRIMARY KEY, shown boolean)",
    "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE hidden FORCE ROW LEVEL SECURITY",
    "CREATE POLICY shown ON hidden USING (shown) WITH CHECK (true)",
    "INSERT INTO hidden VALUES (1, true), (2, false)",
):
    ddl = DDL(statement).execute_if(dialect="postgresql")
    event.listen(SQLModel.metadata, "after_create", ddl)


@pytest.mark.parametrize("run", ["first", "second"])
async def test_rows_that_nobody_sees_are_undone(session, run):
    await session.execute(text("INSERT INTO hidden VALUES (3, false)"))
    await session.commit()
