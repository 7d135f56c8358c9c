from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import IntegrityError

from ledger import OverdrawnError, balance, deposit, engine, set_up, transfer


@pytest.fixture(autouse=True)
async def tables() -> AsyncIterator[None]:
    """The tables."""
    await set_up()
    yield
    await engine.dispose()


async def test_nothing_is_on_a_new_account() -> None:
    assert await balance("Nobody") == 0


@pytest.mark.parametrize("owner", ["Ada", "Bob", "O'Brien"])
async def test_what_is_deposited_is_there(owner: str) -> None:
    await deposit(owner, 1000)
    await deposit(owner, 250)

    assert await balance(owner) == 1250


@pytest.mark.parametrize("amount", [1, 599, 600])
async def test_transfer_moves_money(amount: int) -> None:
    giver, taker = f"giver of {amount}", f"taker of {amount}"
    await deposit(giver, 600)
    await transfer(giver, taker, amount)

    assert await balance(giver) == 600 - amount
    assert await balance(taker) == amount


async def test_no_more_is_moved_than_there_is() -> None:
    await deposit("Carl", 10)

    with pytest.raises(OverdrawnError):
        await transfer("Carl", "Dora", 11)

    assert (await balance("Carl"), await balance("Dora")) == (10, 0)


async def test_transfer_is_whole_or_nothing() -> None:
    await deposit("Eve", 10)

    with pytest.raises(IntegrityError):
        await transfer("Eve", "Fay", 0)

    assert await balance("Eve") == 10
