"""Where the database is, and sessions on it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

Session = async_sessionmaker(expire_on_commit=False)  # bound by `connected`


def database_url() -> str:
    """Put the URL together from the variables that our operators set."""
    host = os.environ.get("DB_HOST", "localhost")
    port = os.environ.get("DB_PORT", "5432")
    user = os.environ.get("DB_USER", "clinic")
    password = os.environ.get("DB_PASSWORD", "")
    name = os.environ.get("DB_NAME", "clinic")
    driver = os.environ.get("DB_DRIVER", "asyncpg")
    return f"postgresql+{driver}://{user}:{password}@{host}:{port}/{name}"


def make_engine(url: str) -> AsyncEngine:
    """Make an engine with our settings."""
    return create_async_engine(url, pool_pre_ping=True, pool_size=3)


@asynccontextmanager
async def connected() -> AsyncIterator[AsyncEngine]:
    """Bind the sessions for as long as the program runs."""
    engine = make_engine(database_url())
    Session.configure(bind=engine)
    yield engine
    await engine.dispose()
