"""The engine and the sessions."""

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from shop.settings import settings

engine = create_async_engine(settings.database_url)
make_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def create_tables() -> None:
    """Create the tables that are missing."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
