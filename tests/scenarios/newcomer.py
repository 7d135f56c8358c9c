"""What people try on their first day, and what libraries do."""

import gc

import pytest
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlmodel import Field, Relationship, SQLModel


class Shelf(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    books: list["Volume"] = Relationship()


class Volume(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    shelf_id: int | None = Field(default=None, foreign_key="shelf.id")


def test_fixture_may_be_asked_for_by_name(request):
    assert request.getfixturevalue("session").bind


async def test_attribute_that_is_not_loaded_fails_alone(session):
    session.add(Shelf(id=1))
    await session.commit()
    shelf = await session.get(Shelf, 1, populate_existing=True)
    with pytest.raises((MissingGreenlet, StatementError)):
        shelf.books  # noqa: B018
    gc.collect()


async def test_factory_is_configured(session_factory):
    session_factory.configure(expire_on_commit=True)


async def test_factory_is_as_it_was(session):
    assert session.sync_session.expire_on_commit is False
