# fmt: off; isort: skip_file
"""URLs of databases that asyncpg connects to."""

import pytest

from .application import Settings
from .test_database_url import check_url_is_refused


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://ada@db:99/app", "postgresql+asyncpg://ada@db:99/app"),
        ("postgresql://db/app", "postgresql+asyncpg://db/app"),
        ("postgresql+asyncpg:///app", "postgresql+asyncpg:///app"),
        ("postgres://db?sslmode=require", "postgresql+asyncpg://db?ssl=require"),
    ],
)
def test_database_url_gets_the_driver(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    assert str(Settings().database_url) == expected


def test_setting_that_asyncpg_does_not_have_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "postgres://ada:letmein@db/app?channel_binding=require"
    check_url_is_refused(monkeypatch, url, "remove it")
