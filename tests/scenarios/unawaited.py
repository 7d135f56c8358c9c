"""Calls of factories that nobody awaits."""

from tests.factories import TaskFactory


async def test_one(session):
    TaskFactory.create(session)


async def test_one_with_a_name(session):
    task = TaskFactory.create(session)
    assert task


async def test_many(session):
    TaskFactory.create_batch(session, 3)
