"""The proof that a test which leaves its transaction fails, and no later one."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .application import session_factory
from .test_isolation import Probe
from .test_leaks import AssertFails, assert_fails

__all__ = ["assert_fails"]


async def test_deferred_constraint_that_is_violated(assert_fails: AssertFails) -> None:
    async def leaky_test() -> None:
        async with session_factory() as session:
            session.add(Probe(name="orphan", deferred_id=1_000_000))
            await session.commit()

    await assert_fails(leaky_test, "would fail in production")


async def test_outer_transaction_that_is_committed(assert_fails: AssertFails) -> None:
    async def leaky_test() -> None:
        async with session_factory() as session:
            session.add(Probe(name="committed"))
            await session.commit()
            assert isinstance(session.bind, AsyncConnection)
            await session.bind.commit()

    await assert_fails(leaky_test, r"ended the transaction.*\n.*really committed")


async def test_outer_transaction_that_is_committed_in_sql(
    assert_fails: AssertFails,
) -> None:
    async def leaky_test() -> None:
        async with session_factory() as session:
            session.add(Probe(name="committed"))
            await session.commit()
            assert isinstance(session.bind, AsyncConnection)
            await session.bind.execute(text("COMMIT"))

    await assert_fails(leaky_test, "really committed")
