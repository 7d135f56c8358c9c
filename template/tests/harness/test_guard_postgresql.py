# fmt: off; isort: skip_file
"""The guard's rules for `TEST_DATABASE_URL`."""

import pytest

from .guard import check

OWN = "postgresql://db.example.com/own_test"


@pytest.mark.parametrize("place", ["[::1]", "LOCALHOST:5433", "tests.example.com"])
def test_database_for_tests_is_accepted(place: str) -> None:
    url = check(f"postgresql://{place}/shop_test", OWN, ["tests.example.com"])

    assert url.database == "shop_test"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///shop_test.db", "it is for sqlite"),
        ("postgresql://localhost/shop", "does not end in _test"),
        ("postgresql://localhost/shop_test?dbname=shop", "sets dbname"),
        ("postgresql://db.example.com/shop_test", "is not this machine"),
        ("postgresql://app:secret%00@localhost/shop_test", "is not a database URL"),
        ("postgresql://app:se@cret@localhost/shop_test", "write %40 for every @"),
        ("postgresql://localhost/own_test", "the application's own"),
    ],
)
def test_doubtful_database_is_refused(url: str, reason: str) -> None:
    with pytest.raises(pytest.UsageError, match=reason) as refusal:
        check(url, OWN, ["tests.example.com"])
    assert "cret" not in str(refusal.value)
