"""Counts the statements that code under test sends to the database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

# The type of the fixture `assert_queries`.
AssertQueries = Callable[[int], AbstractContextManager[list[str]]]
# How a transaction begins and ends depends on the database and on the isolation.
TRANSACTION_CONTROL = ("BEGIN", "RELEASE SAVEPOINT", "ROLLBACK", "SAVEPOINT")


@contextmanager
def assert_queries(engine: AsyncEngine, number: int) -> Iterator[list[str]]:
    """Fail, and show the statements, unless the block sends `number` of them.

    It yields the list that they are noted in. Transaction control does not count.
    """
    statements: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *details: Any) -> None:
        if not sql.startswith(TRANSACTION_CONTROL):
            statements.append(f"{sql}\n   with {details[0]!r}")

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    if len(statements) != number:
        lines = [f"{n}. {statement}" for n, statement in enumerate(statements, 1)]
        title = f"{len(statements)} statements were sent, not {number}:"
        pytest.fail("\n".join([title, *lines]), pytrace=False)
