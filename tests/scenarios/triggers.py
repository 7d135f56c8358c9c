"""Tests of tables whose triggers write rows."""

import pytest
from sqlalchemy import DDL, event
from sqlmodel import Field, SQLModel, col, func, select


# The table that the triggers write comes first, so that it is emptied first.
class Change(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


def _when_created(dialect: str, statement: str) -> None:
    ddl = DDL(statement).execute_if(dialect=dialect)
    event.listen(SQLModel.metadata, "after_create", ddl)


for action in ("INSERT", "DELETE"):
    _when_created(
        "sqlite",
        f"CREATE TRIGGER on_{action} AFTER {action} ON note "
        "BEGIN INSERT INTO change (id) VALUES (NULL); END",
    )
_when_created(
    "postgresql",
    "CREATE FUNCTION note_changed() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO change DEFAULT VALUES; RETURN NULL; END'",
)
_when_created(
    "postgresql",
    "CREATE TRIGGER note_changed AFTER INSERT OR DELETE ON note "
    "FOR EACH ROW EXECUTE FUNCTION note_changed()",
)


@pytest.mark.parametrize("run", ["first", "second", "third"])
async def test_change_is_counted(session, run):
    session.add(Note())
    await session.commit()

    assert await session.scalar(select(func.count(col(Change.id)))) == 1
