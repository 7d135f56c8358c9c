"""Tests that fail, or pass, with rows in the database."""

from sqlalchemy import Column, Integer, Table, text
from sqlmodel import Field, SQLModel


class Book(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(unique=True)


for number in range(11):
    Table(f"shelf_{number:02}", SQLModel.metadata, Column("id", Integer))


class WrongError(Exception): ...


async def test_flushed(session):
    session.add_all([Book(title=f"{n} {'long' * 50}\nline") for n in range(7)])
    await session.flush()
    raise WrongError


async def test_committed(session, session_factory):
    async with session_factory() as other:
        other.add(Book(title="of another session"))
        await other.commit()
    raise WrongError


async def test_aborted(session):
    session.add(Book(title="kept"))
    await session.commit()
    session.add(Book(title="flushed"))
    await session.flush()
    await session.scalar(text("SELECT nothing FROM nowhere"))


async def test_many_tables(session):
    connection = await session.connection()
    for number in range(11):
        await connection.execute(text(f"INSERT INTO shelf_{number:02} VALUES (1)"))
    raise WrongError


async def test_no_rows(session):
    raise WrongError


async def test_passes(session):
    session.add(Book(title="of a test that passes"))
    await session.commit()


async def test_without_session(session_factory):
    async with session_factory() as session:
        session.add(Book(title="of a test without the fixture"))
        await session.commit()
    raise WrongError


def test_without_database():
    raise WrongError
