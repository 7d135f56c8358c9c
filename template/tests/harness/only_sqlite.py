# fmt: off; isort: skip_file
"""What a project needs that runs on SQLite only."""

import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Refuse a database that nothing would use."""
    if os.environ.get("TEST_DATABASE_URL"):
        msg = "TEST_DATABASE_URL is set, but these tests run on SQLite: unset it."
        raise pytest.UsageError(msg)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that are for another database."""
    if item.get_closest_marker("postgresql"):
        pytest.skip("runs on PostgreSQL only")
