# fmt: off; isort: skip_file
"""URLs of databases that psycopg connects to."""

import pytest

from .application import Settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://ada@db:99/app", "postgresql+psycopg://ada@db:99/app"),
        ("postgresql://db/app", "postgresql+psycopg://db/app"),
        ("postgresql+psycopg:///app", "postgresql+psycopg:///app"),
        ("postgres://db?sslmode=require", "postgresql+psycopg://db?sslmode=require"),
    ],
)
def test_database_url_gets_the_driver(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    assert str(Settings().database_url) == expected
