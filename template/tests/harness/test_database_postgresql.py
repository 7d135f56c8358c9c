# fmt: off; isort: skip_file
"""The application's connections to PostgreSQL."""

import pytest
from sqlalchemy import QueuePool, text

from .application import Settings
from .application import database as application
from .test_database_url import check_url_is_refused


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql+psycopg2://ada:letmein@db/app", "write postgresql://"),
        ("postgresql://ada:p@letmein@db/app", "write %40"),
        ("postgresql://db/app?password=letmein", "write user:password@"),
    ],
)
def test_wrong_database_url_is_refused_with_advice_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str, advice: str
) -> None:
    check_url_is_refused(monkeypatch, url, advice)


def test_password_survives_and_is_not_shown() -> None:
    url = "postgresql://ada:l%40t/m%25:e#%3Fi+n@db/app"
    settings = Settings(database_url=url)

    assert settings.database_url.password == "l@t/m%:e#?i+n"  # noqa: S105
    shown = f"{settings} {settings!r} {settings.model_dump()}"
    shown += settings.model_dump_json()
    assert shown.count("ada:***@db/app") == 4
    assert "i+n" not in shown


async def test_pool_is_set_up_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/app")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "2")
    monkeypatch.setenv("DATABASE_MAX_OVERFLOW", "3")
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "0.5")
    monkeypatch.setenv("DATABASE_POOL_RECYCLE", "60")

    async with application.connect() as engine:
        pool = engine.sync_engine.pool

    assert isinstance(pool, QueuePool)
    assert (pool.size(), pool.timeout()) == (2, 0.5)
    assert (pool._max_overflow, pool._recycle) == (3, 60)


@pytest.mark.postgresql
@pytest.mark.usefixtures("database")
@pytest.mark.filterwarnings("ignore::tests.harness.leaks.BypassWarning")
async def test_connection_that_the_server_has_ended_is_replaced() -> None:
    async with application.connect() as engine, engine.connect() as first:
        async with engine.connect() as second:
            pid = await second.scalar(text("SELECT pg_backend_pid()"))
        await first.execute(text(f"SELECT pg_terminate_backend({pid}, 9999)"))
        async with engine.connect() as third:
            assert await third.scalar(text("SELECT pg_backend_pid()")) != pid
