import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.inventory import SoldOutError, add_product, running_low, take


async def test_new_product_has_a_number(session: AsyncSession) -> None:
    product = await add_product(session, "coffee", price=720)

    assert product.id is not None
    assert product.stock == 0


async def test_names_are_unique(session: AsyncSession, tea: str) -> None:
    with pytest.raises(IntegrityError):
        await add_product(session, tea, price=1)


@pytest.mark.parametrize(("quantity", "left"), [(1, 4), (2, 3), (5, 0)])
async def test_what_is_taken_is_gone(
    session: AsyncSession, tea: str, quantity: int, left: int
) -> None:
    assert (await take(session, tea, quantity)).stock == left


async def test_no_more_can_be_taken_than_there_is(
    session: AsyncSession, tea: str
) -> None:
    with pytest.raises(SoldOutError):
        await take(session, tea, 6)


async def test_only_what_is_nearly_gone_is_running_low(session: AsyncSession) -> None:
    for name, stock in (("cups", 2), ("pots", 3), ("bags", 0)):
        await add_product(session, name, price=100, stock=stock)

    assert await running_low(session) == ["bags", "cups"]
