"""Orders: each function is one transaction."""

from sqlalchemy import func
from sqlalchemy.orm import selectinload
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.db import make_session
from shop.models import Order, OrderLine, Product
from shop.inventory import take


async def place_order(customer: str, wanted: dict[str, int]) -> int:
    """Order products by name, all of them or none; return the order's number."""
    async with make_session() as session, session.begin():
        order = Order(customer=customer)
        session.add(order)
        for name, quantity in wanted.items():
            product = await take(session, name, quantity)
            session.add(OrderLine(order=order, product=product, quantity=quantity))
        await session.flush()
        assert order.id is not None
        return order.id


async def cancel_order(number: int) -> None:
    """Put everything back that was ordered."""
    async with make_session() as session, session.begin():
        lines = selectinload(Order.lines).selectinload(OrderLine.product)
        order = await session.get_one(Order, number, options=[lines])
        for line in order.lines:
            line.product.stock += line.quantity
            await session.delete(line)
        await session.flush()
        await session.delete(order)


async def total_of(session: AsyncSession, customer: str) -> int:
    """Return what a customer has to pay for everything that is not paid, in cents."""
    total = (
        select(func.coalesce(func.sum(OrderLine.quantity * Product.price), 0))
        .select_from(OrderLine)
        .join(Product)
        .join(Order)
        .where(Order.customer == customer, col(Order.is_paid).is_(False))
    )
    return (await session.exec(total)).one()
