"""The engine, sessions and tables."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, String, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///library.db")

engine = create_async_engine(DATABASE_URL)
SessionLocal = async_sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)


class Base(DeclarativeBase):
    """The base of all tables."""


class Book(Base):
    """A copy of a book."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(200), index=True)
    __table_args__ = (UniqueConstraint("title", "author"),)


class Loan(Base):
    """A book that somebody has."""

    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), unique=True)
    reader: Mapped[str] = mapped_column(String(100))


class Event(Base):
    """What has happened, for the statistics."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(300))
    happened: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


async def get_session() -> AsyncIterator[AsyncSession]:
    """Give a route its session."""
    async with SessionLocal() as session:
        yield session


async def note(what: str) -> None:
    """Write down what has happened, after the response."""
    async with SessionLocal() as session:
        session.add(Event(what=what))
        await session.commit()
