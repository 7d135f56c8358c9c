"""SQLite as a server would behave: reads never lock, commits and rollbacks are whole.

A transaction locks the database for others that write, and only from its first
statement that may write until its end. Reads before that statement each see what is
committed by then, as on PostgreSQL. One limit: the first write of a transaction that is
still streaming rows fails if another one has written since.
"""

import re
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

# Statements to send without a transaction. Any other counts as a write; WITH is a read
# only if no word in it could make it one. After (?>...) a comment stays a comment.
_READ = re.compile(
    r"(?>\s|--.*?\n|/\*.*?\*/)*"
    r"(SELECT|VALUES|EXPLAIN|PRAGMA|BEGIN|WITH(?!.*\b(INSERT|REPLACE|UPDATE|DELETE)\b))"
    r"\b",
    re.DOTALL | re.IGNORECASE,
)


def set_up(engine: Engine) -> None:
    """Make connections of `engine`, which is on aiosqlite, behave that way."""
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
    # sqlite3 itself begins too late: not before DDL or a SAVEPOINT, and DEFERRED, so that
    # a write fails at once when another transaction has written since the last read.
    # IMMEDIATE waits for the lock instead.
    adapted: Any = connection.connection.dbapi_connection
    if (
        adapted.driver_connection.in_transaction
        or _READ.match(statement)
        or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    ):
        return
    begin = "BEGIN IMMEDIATE"
    try:
        # One hop to aiosqlite's thread; a statement of SQLAlchemy's would take three.
        adapted.run_async(lambda driver: driver.execute(begin))
    except connection.dialect.loaded_dbapi.OperationalError as error:
        raise OperationalError(begin, None, error) from error


def _roll_back_failed_commit(context: ExceptionContext) -> None:
    # A COMMIT that a deferred constraint refuses leaves the transaction open, while
    # SQLAlchemy takes it for ended: the database would stay locked. Only COMMIT and
    # ROLLBACK have no statement.
    if context.statement is None and context.connection is not None:
        context.connection.connection.rollback()
