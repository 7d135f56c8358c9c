"""What people try on their first day, and what libraries do."""

import gc
import unittest

import pytest
from sqlalchemy import text
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlmodel import Field, Relationship, SQLModel

from tests.harness.leaks import EventLoopError


class Shelf(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    books: list["Volume"] = Relationship()


class Volume(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    shelf_id: int | None = Field(default=None, foreign_key="shelf.id")


async def test_session_executes_what_libraries_send(session):
    assert (await session.execute(text("SELECT 1"))).scalar() == 1


def test_fixture_may_be_asked_for_by_name(request):
    assert request.getfixturevalue("session").bind


async def test_attribute_that_is_not_loaded_fails_alone(session):
    session.add(Shelf(id=1))
    await session.commit()
    shelf = await session.get(Shelf, 1, populate_existing=True)
    with pytest.raises((MissingGreenlet, StatementError)):
        shelf.books  # noqa: B018
    gc.collect()


class ForeignLoop(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _take(self, session):
        self.session = session

    async def test_loop_of_unittest_is_refused(self):  # noqa: D102
        with pytest.raises(EventLoopError):
            await self.session.exec(text("SELECT 1"))


async def test_factory_is_configured(session_factory):
    session_factory.configure(expire_on_commit=True)


async def test_factory_is_as_it_was(session):
    assert session.sync_session.expire_on_commit is False
