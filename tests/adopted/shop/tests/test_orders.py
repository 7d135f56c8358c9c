import pytest
from sqlmodel import select

from shop.db import make_session
from shop.models import Order, Product
from shop.orders import cancel_order, place_order, total_of
from shop.inventory import SoldOutError, add_product


async def stock_of(name: str) -> int:
    async with make_session() as session:
        return (await session.exec(select(Product.stock).filter_by(name=name))).one()


@pytest.fixture
async def jam() -> str:
    """The name of a product that the functions under test find."""
    async with make_session() as session:
        return (await add_product(session, "jam", price=400, stock=10)).name


async def test_order_takes_from_the_stock(jam: str) -> None:
    await place_order("Ada", {jam: 4})

    assert await stock_of(jam) == 6
    async with make_session() as session:
        assert await total_of(session, "Ada") == 1600


async def test_order_is_all_or_nothing() -> None:
    async with make_session() as session:
        await add_product(session, "bread", price=300, stock=1)
        await add_product(session, "butter", price=250, stock=1)

    with pytest.raises(SoldOutError):
        await place_order("Grace", {"bread": 1, "butter": 2})

    assert await stock_of("bread") == 1


async def test_cancelled_order_is_put_back() -> None:
    async with make_session() as session:
        await add_product(session, "honey", price=900, stock=2)

    await cancel_order(await place_order("Alan", {"honey": 2}))

    assert await stock_of("honey") == 2
    async with make_session() as session:
        assert (
            await session.exec(select(Order).filter_by(customer="Alan"))
        ).all() == []
