"""What is there, and how much of it."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.models import Product
from shop.settings import settings


class SoldOutError(Exception):
    """There is not enough of a product."""


async def add_product(
    session: AsyncSession, name: str, price: int, stock: int = 0
) -> Product:
    """Add a product; its name must be new."""
    product = Product(name=name, price=price, stock=stock)
    session.add(product)
    await session.commit()
    return product


async def take(session: AsyncSession, name: str, quantity: int) -> Product:
    """Take some of a product out of the stock."""
    statement = select(Product).where(Product.name == name).with_for_update()
    product = (await session.exec(statement)).one()
    if product.stock < quantity:
        raise SoldOutError(name)
    product.stock -= quantity
    return product


async def running_low(session: AsyncSession) -> list[str]:
    """Return the names of the products that have to be ordered soon."""
    low = select(Product.name).where(Product.stock < settings.low_stock)
    return list(await session.exec(low.order_by(Product.name)))
