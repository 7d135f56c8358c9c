"""Who owes whom: `python ledger.py deposit Ada 10`."""

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

FILE = Path(__file__).with_name("ledger.db")
engine = create_async_engine(
    os.environ.get("LEDGER_DB") or f"sqlite+aiosqlite:///{FILE}"
)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    """The base of the tables."""


class Account(Base):
    """Somebody's account."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(unique=True)


class Entry(Base):
    """A change of a balance, in cents."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int] = mapped_column(CheckConstraint("amount <> 0"))


class OverdrawnError(Exception):
    """There is not enough on an account."""


async def set_up() -> None:
    """Create the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def account_of(session: AsyncSession, owner: str) -> Account:
    """Return an account, which is opened if there is none."""
    account = await session.scalar(select(Account).filter_by(owner=owner))
    if account is None:
        account = Account(owner=owner)
        session.add(account)
        await session.flush()
    return account


async def balance(owner: str) -> int:
    """Return what is on an account."""
    async with new_session() as session:
        total = select(func.coalesce(func.sum(Entry.amount), 0))
        query = total.join(Account, Account.id == Entry.account_id)
        return await session.scalar(query.where(Account.owner == owner)) or 0


async def deposit(owner: str, amount: int) -> None:
    """Put money on an account."""
    async with new_session.begin() as session:
        account = await account_of(session, owner)
        session.add(Entry(account_id=account.id, amount=amount))


async def transfer(giver: str, taker: str, amount: int) -> None:
    """Move money from an account to another one."""
    if await balance(giver) < amount:
        raise OverdrawnError(giver)
    async with new_session.begin() as session:
        for owner, change in ((giver, -amount), (taker, amount)):
            account = await account_of(session, owner)
            session.add(Entry(account_id=account.id, amount=change))


async def main(command: str, *arguments: str) -> None:
    """Run a command."""
    await set_up()
    *owners, amount = arguments
    await {"deposit": deposit, "transfer": transfer}[command](*owners, int(amount))
    for owner in owners:
        print(owner, await balance(owner))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
