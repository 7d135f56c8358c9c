"""A plugin of pytest, which notes where a run's own PostgreSQL server is."""

import os


def pytest_sessionstart() -> None:
    """Make a link to the server's directory."""
    if directory := os.environ.get("TEST_POSTGRESQL_DIRECTORY"):
        os.symlink(directory, f"{os.environ['NOTES']}/server-{os.getpid()}")  # noqa: PTH211
