# fmt: off; isort: skip_file
"""The application's engine on a SQLite file, as in production."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from .application import Settings, create_engine
from .probe import DEFERRED, METADATA
from .test_database_url import check_url_is_refused

COUNT = text("SELECT count(*) FROM probe")
INSERT = text("INSERT INTO probe (name) SELECT count(*) FROM probe")


@pytest.mark.parametrize("url", ["sqlite:///app.db", "sqlite+aiosqlite:///app.db\n"])
def test_database_url_gets_the_driver(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    assert str(Settings().database_url) == "sqlite+aiosqlite:///app.db"


def test_database_url_with_another_driver_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "sqlite+pysqlite:///letmein.db"
    check_url_is_refused(monkeypatch, url, "write sqlite://")


@pytest.fixture
async def production(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine of the application's, with empty tables."""
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'app.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.run_sync(DEFERRED.create_all)
    yield engine
    await engine.dispose()


async def test_tasks_that_read_and_write_all_succeed(production: AsyncEngine) -> None:
    all_have_read = asyncio.Barrier(4)

    async def read_then_write() -> None:
        async with production.begin() as connection:
            await connection.scalar(COUNT)
            await all_have_read.wait()
            await connection.execute(INSERT)

    numbers = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 999)"
    async with production.connect() as reader:
        rows = await reader.stream(text(f"{numbers} SELECT i FROM n LEFT JOIN probe"))
        await asyncio.gather(*[read_then_write() for _ in range(4)])

        assert len(await rows.all()) == 999
        assert await reader.scalar(COUNT) == 4


async def test_what_has_only_read_ends_without_asking_the_driver(
    production: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    async def note(connection: object) -> None:
        asked.append(connection)

    for name in ("commit", "rollback"):
        monkeypatch.setattr(f"aiosqlite.Connection.{name}", note)
    async with production.connect() as connection:
        await connection.scalar(COUNT)
        await connection.commit()

    assert not asked, "Take set_up() in sqlite.py and its helpers from a new project."


async def test_rollback_undoes_whatever_was_done(production: AsyncEngine) -> None:
    async with production.connect() as connection:
        await connection.exec_driver_sql("DROP TABLE probe")
        await connection.rollback()
        assert await connection.scalar(COUNT) == 0

        await connection.exec_driver_sql("INSERT INTO orphan VALUES (1, 2)")
        with pytest.raises(IntegrityError):
            await connection.commit()
        async with production.begin() as writer:
            await writer.execute(INSERT)
            assert await writer.scalar(COUNT) == 1
