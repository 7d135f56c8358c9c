"""SQLite with transactions that work as PostgreSQL's do.

A transaction takes SQLite's write lock with its first statement that may write, so one
that only reads locks nobody out. Reads before that statement each see what is committed
by then. While rows are still being streamed, the first write fails if another
transaction has written since the stream began.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection

# Statements that need no transaction. Any other counts as a write, and so does one that
# begins with WITH and has a verb of writing anywhere. (?>...) is what may come first.
_READ = re.compile(
    r"(?>\s|--.*?\n|/\*.*?\*/)*"
    r"(SELECT|VALUES|EXPLAIN|PRAGMA|BEGIN|WITH(?!.*\b(INSERT|REPLACE|UPDATE|DELETE)\b))"
    r"\b",
    re.DOTALL | re.IGNORECASE,
)


def set_up(engine: Engine) -> None:
    """Make the application's `engine` one for SQLite."""
    _listen(engine)
    _skip_idle_ends(engine.dialect)


def _listen(engine: Engine) -> None:
    """Make the transactions of `engine` work that way, and enforce foreign keys."""
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "before_cursor_execute", _begin_before_a_write)
    event.listen(engine, "handle_error", _roll_back_failed_commit)


def _set_up_connection(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def _begin_before_a_write(
    connection: Connection, _cursor: object, statement: str, *_: object
) -> None:
    # sqlite3 by itself sends no BEGIN before DDL or a SAVEPOINT. Its BEGIN is not
    # IMMEDIATE either, so a write would fail at once, instead of waiting for the lock,
    # when another transaction has written since the first one read.
    adapted: Any = connection.connection.dbapi_connection
    if (
        adapted.driver_connection.in_transaction
        or _READ.match(statement)
        or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    ):
        return
    # One hop to aiosqlite's thread; a statement of SQLAlchemy's would take three.
    adapted.run_async(lambda driver: driver.execute("BEGIN IMMEDIATE"))


def _skip_idle_ends(dialect: Any) -> None:
    # Where there is no transaction, sqlite3 does nothing with a COMMIT or ROLLBACK, but
    # the way to its thread takes longer than most reads.
    dialect.do_commit = partial(_end_transaction, dialect.do_commit)
    dialect.do_rollback = partial(_end_transaction, dialect.do_rollback)


def _end_transaction(end: Callable[[Any], None], connection: Any) -> None:
    if connection.dbapi_connection.driver_connection.in_transaction:
        end(connection)


def _roll_back_failed_commit(context: ExceptionContext) -> None:
    # A COMMIT that a deferred constraint refuses leaves the transaction open, while
    # SQLAlchemy takes it for ended: the database would stay locked. Only COMMIT and
    # ROLLBACK have no statement.
    if context.statement is None and context.connection is not None:
        context.connection.connection.rollback()
