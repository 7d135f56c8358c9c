"""The guard's rules for `TEST_DATABASE_URL`."""

import pytest

from .harness import guard_postgresql
from .harness.guard import RefusedError
from .harness.guard_postgresql import check, parse

TESTS = parse("TEST_DATABASE_URL", "postgresql://localhost/shop_test")


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
    check(parse("TEST_DATABASE_URL", url), None, ["tests.example.com"])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///shop_test.db", "it is for sqlite"),
        ("postgresql://localhost", "does not end in _test"),
        ("postgresql://localhost/shop", "does not end in _test"),
        ("postgresql://localhost/test_shop", "does not end in _test"),
        ("postgresql://localhost/shop_TEST", "does not end in _test"),
        ("postgresql://localhost/shop%2Fshop_test", "does not end in _test"),
        (f"postgresql://localhost/{'x' * 60}_test", "at most 48 characters"),
        ("postgresql://localhost/shop_test?dbname=shop", "sets dbname"),
        ("postgresql://localhost/shop_test?service=shop", "sets service"),
        ("postgresql://localhost/shop_test?host=db.example.com", "sets host"),
        ("postgresql://tests.example.com/shop_test?host=example.com", "sets host"),
        ("postgresql://localhost/shop_test?host=/run", "sets host"),
        ("postgresql://db.example.com/shop_test", "is not this machine"),
        ("postgresql://localhost.example.com/shop_test", "is not this machine"),
        ("postgresql://127.0.0.1.example.com/shop_test", "is not this machine"),
        ("postgresql://localhost,db.example.com/shop_test", "is not this machine"),
        ("postgresql://[::1%25lo,db.example.com]/shop_test", "is not this machine"),
        ("postgresql:///shop_test?host=/run&host=example.com", "sets host"),
        ("postgresql:///shop_test?host=/run,example.com", "sets host"),
        ("postgresql:///shop_test?host=/run&port=5433", "sets host, port"),
        ("postgresql:///shop_test", "is not this machine"),
        ("postgresql://0.0.0.0/shop_test", "is not this machine"),
        ("not a URL, but a secret", "is not a database URL"),
        ("postgresql://app:secret@localhost:port/shop_test", "is not a database URL"),
        ("postgresql://app:secret%00@localhost/shop_test", "is not a database URL"),
    ],
)
def test_doubtful_database_is_refused(url: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason) as refusal:
        check(parse("TEST_DATABASE_URL", url), None, ["tests.example.com"])
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:se@cret@localhost/shop_test",
        "postgresql:///app:secret@localhost/shop_test",
    ],
)
def test_password_is_not_quoted_where_the_url_is_cut_wrongly(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", url)
    with pytest.raises(RefusedError, match="write %40 for every @") as refusal:
        guard_postgresql.test_database_url([])
    assert "cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "own",
    [
        "postgresql://localhost/shop_test",
        "postgresql+psycopg://app@127.0.0.1:6432/shop_test",
        "postgresql://[::1]/shop_test_gw1",
        "postgresql://localhost/shop_template_test",
        "postgresql://localhost/shop_kept1_test",
        "postgres://db.example.com/shop_test",
        "postgresql://localhost/shop?dbname=shop_test",
        "postgresql:///?service=shop",
    ],
)
def test_applications_own_database_is_refused(own: str) -> None:
    with pytest.raises(RefusedError, match="the application's own"):
        check(TESTS, parse("DATABASE_URL", own), [])


@pytest.mark.parametrize(
    "own",
    ["postgresql://localhost/shop", "postgresql:///shop?host=/run", "sqlite:///x_test"],
)
def test_other_database_beside_the_applications_is_accepted(own: str) -> None:
    check(TESTS, parse("DATABASE_URL", own), [])
