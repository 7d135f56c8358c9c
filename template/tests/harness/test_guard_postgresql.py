"""The guard's rules for `TEST_DATABASE_URL`."""

import pytest

from .guard import check

HOSTS = ["tests.example.com"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/shop_test",
        "postgresql://app:secret@LOCALHOST:5433/shop_test",
        "postgresql+asyncpg://127.0.0.1/shop_test",
        "postgresql+psycopg://[::1]/shop_test",
        "postgresql:///shop_test?host=/var/run/postgresql",
        "postgresql://tests.example.com/shop_test?ssl=require",
    ],
)
def test_database_for_tests_is_accepted(url: str) -> None:
    assert check(url, "postgresql://localhost/shop", HOSTS).database == "shop_test"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///shop_test.db", "it is for sqlite"),
        ("postgresql://localhost", "does not end in _test"),
        ("postgresql://localhost/shop", "does not end in _test"),
        ("postgresql://localhost/test_shop", "does not end in _test"),
        ("postgresql://localhost/shop_test?dbname=shop", "sets dbname"),
        ("postgresql://localhost/shop_test?host=db.example.com", "sets host"),
        ("postgresql:///shop_test?host=/run,example.com", "sets host"),
        ("postgresql://db.example.com/shop_test", "is not this machine"),
        ("postgresql://127.0.0.1.example.com/shop_test", "is not this machine"),
        ("postgresql://localhost,db.example.com/shop_test", "is not this machine"),
        ("postgresql:///shop_test", "is not this machine"),
        ("not a URL, but a secret", "is not a database URL"),
        ("postgresql://app:secret%00@localhost/shop_test", "is not a database URL"),
        ("postgresql://app:se@cret@localhost/shop_test", "write %40 for every @"),
    ],
)
def test_doubtful_database_is_refused(url: str, reason: str) -> None:
    with pytest.raises(pytest.UsageError, match=reason) as refusal:
        check(url, "", HOSTS)
    assert "cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "own",
    [
        "postgresql://localhost/shop_test",
        "postgresql+psycopg://app@127.0.0.1:6432/shop_test",
        "postgresql://[::1]/shop_test_gw1",
        "postgres://db.example.com/shop_template_test",
        "postgresql://localhost/shop?dbname=shop_test",
        "postgresql:///?service=shop",
    ],
)
def test_applications_own_database_is_refused(own: str) -> None:
    with pytest.raises(pytest.UsageError, match="the application's own"):
        check("postgresql://localhost/shop_test", own, HOSTS)
