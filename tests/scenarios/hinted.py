"""Errors that say what went wrong, but not what to do."""

from sqlalchemy import text
from sqlmodel import Field, Relationship, SQLModel, select


class Shelf(SQLModel, table=True):
    """A table that only this test uses."""

    id: int | None = Field(default=None, primary_key=True)
    books: list["Volume"] = Relationship()


class Volume(SQLModel, table=True):
    """Another one."""

    id: int | None = Field(default=None, primary_key=True)
    shelf_id: int | None = Field(default=None, foreign_key="shelf.id")


async def test_attribute_that_is_not_loaded(session):
    session.add(Shelf(books=[Volume()]))
    await session.commit()
    session.expunge_all()
    shelf = (await session.exec(select(Shelf))).one()
    assert shelf.books


async def test_plan_that_is_older_than_the_schema(session):
    await session.execute(text("CREATE TABLE changed (a INTEGER)"))
    await session.execute(text("SELECT * FROM changed"))
    await session.execute(text("ALTER TABLE changed ADD COLUMN b INTEGER"))
    await session.execute(text("SELECT * FROM changed"))
