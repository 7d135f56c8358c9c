"""The one place where the application's engine and sessions are made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from . import sqlite
from .settings import Settings

# Unbound until `connect()` binds it. Objects stay readable after a commit: with
# expiry on, reading an attribute would need a query, which async code cannot hide.
session_factory = async_sessionmaker(class_=AsyncSession, expire_on_commit=False)


def create_engine(url: str | URL) -> AsyncEngine:
    """Make an engine with the behaviour that the application relies on."""
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        sqlite.set_up(engine.sync_engine)
    return engine


@asynccontextmanager
async def connect() -> AsyncIterator[AsyncEngine]:
    """Connect the application to the database at `DATABASE_URL` for the block.

    Meant for start-up (a web framework's lifespan, a script's `main`). Inside the
    block `session_factory()` gives sessions on the engine that is yielded.
    """
    engine = create_engine(Settings().database_url)
    session_factory.configure(bind=engine)
    try:
        yield engine
    finally:
        session_factory.configure(bind=None)
        await engine.dispose()
