"""Keeps the tests off every database that is not theirs.

The guard runs before any conftest is read, so before the application is imported,
and nothing switches it off. The tests make their own databases. `DATABASE_URL` is
the application's; the guard overwrites it for the length of the test run.
"""

import os

from sqlalchemy import URL


class RefusedError(Exception):
    """The tests may not run on the database that they were given."""


def point_application_at(url: URL) -> None:
    """Make the application's own setting name the test database."""
    for name in list(os.environ):
        # The application reads its settings without regard to case.
        if name.upper() == "DATABASE_URL":
            del os.environ[name]
    os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
