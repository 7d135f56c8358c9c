# fmt: off; isort: skip_file
"""Isolation by rollback on SQLite, and by snapshot where commits are real."""

import pytest

from . import sqlite_snapshot
from .sqlite import SQLite
from .sqlite_transactions import Transactions


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add a setting."""
    name = "test_database_query_timeout"
    what = "for how many seconds a query on SQLite may block the event loop"
    parser.addini(name, what, type="float", default=10.0)


class Changes:
    """Changes of `database`: none, unless something was really committed."""

    def __init__(self, database: SQLite) -> None:
        self.undo = sqlite_snapshot.Changes(database).undo
        timeout = database.config.getini("test_database_query_timeout")
        self.transactions = Transactions(timeout)
