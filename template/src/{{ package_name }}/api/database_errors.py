"""What errors of the database mean, whichever database and driver it is."""

import re
from socket import gaierror
from typing import Any

from sqlalchemy import ForeignKeyConstraint, exc
from sqlalchemy.schema import ColumnCollectionConstraint

from ..models.base import Base

# No connection, transactions that have to be tried again, a lack of resources, a lock,
# limits and a shutdown: https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING = re.compile("08|40001|40P01|53|55P03|57")
# https://sqlite.org/rescode.html
PASSING_IN_SQLITE = re.compile("SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN)")

# Of a COMMIT: no answer, a connection that is lost, an outcome that PostgreSQL itself
# does not know, and a shutdown, which may come between the commit and its answer.
IN_DOUBT = re.compile("$|08|40003|57P")
# What cannot be written is not committed; what cannot be synced may be, after a crash.
IN_DOUBT_IN_SQLITE = re.compile("SQLITE_IOERR(?!_WRITE)")

UNREACHABLE = (ConnectionError, TimeoutError, gaierror, exc.TimeoutError)
UNCONNECTED = (exc.OperationalError, exc.InterfaceError, exc.InternalError)

MISSING = "refers to what does not exist, or is still referred to"
TAKEN = "is taken already"


def passes(error: Exception) -> bool:
    """Return whether the same may succeed when it is tried again later."""
    if not isinstance(error, exc.DBAPIError):
        # No server, a pool that is used up, or what asyncpg raises while it connects.
        return _is_asyncpgs(error) or isinstance(error, UNREACHABLE)
    if error.connection_invalidated:
        return True
    state, name = _codes(error)
    if state == "0A000":  # a cached plan is older than a migration: the next is not
        return "cached" in str(error.orig)
    if not (state or name):  # it comes from no database: there is no connection
        return isinstance(error, UNCONNECTED)
    return bool(PASSING.match(state) or PASSING_IN_SQLITE.match(name))


def is_in_doubt(error: Exception) -> bool:
    """Return whether a COMMIT that failed with this may have been made all the same."""
    if not isinstance(error, exc.DBAPIError):
        return isinstance(error, OSError) or _is_asyncpgs(error)
    state, name = _codes(error)
    if name:
        return bool(IN_DOUBT_IN_SQLITE.match(name))
    return error.connection_invalidated or bool(IN_DOUBT.match(state))


def describe(error: Exception) -> str:
    """Return an error's class and message in a line, without SQL and values."""
    orig = getattr(error, "orig", None)
    cause = getattr(orig, "__cause__", None) or orig or error  # asyncpg's, if it is
    lines = str(cause).splitlines() or ["no message"]  # details, with values, follow
    return f"{type(cause).__name__}: {lines[0]}"


def violations(error: exc.IntegrityError) -> list[dict[str, str]]:
    """Return which columns, or which rule of a table, an error is about.

    Each is a `where` and a `what`, without values. SQLite does not tell which key
    refers to nothing: then there are none.
    """
    constraint, columns = _violated(error.orig)
    what = TAKEN
    for table in Base.metadata.tables.values():
        rule = constraint.removeprefix(f"ck_{table.name}_")
        if rule != constraint:
            what = f"not allowed: {rule.replace('_', ' ')}"
            return [{"where": table.name, "what": what}]
        for key in table.constraints:
            if key.name == constraint and isinstance(key, ColumnCollectionConstraint):
                columns = key.columns.keys()
                what = MISSING if isinstance(key, ForeignKeyConstraint) else TAKEN
        for index in table.indexes:
            if index.name == constraint:
                columns = index.columns.keys()
    return [{"where": name, "what": what} for name in columns]


def _is_asyncpgs(error: Exception) -> bool:
    return type(error).__module__.startswith("asyncpg.")


def _codes(error: exc.DBAPIError) -> tuple[str, str]:
    # The SQLSTATE of PostgreSQL, and SQLite's name for what it has told.
    state = getattr(error.orig, "sqlstate", None) or ""
    return state, getattr(error.orig, "sqlite_errorname", "")


def _violated(orig: Any) -> tuple[str, list[str]]:
    # The name of a constraint, or, in SQLite, columns that are not unique.
    told = getattr(orig, "diag", None) or orig.__cause__  # psycopg's, or asyncpg's
    if name := getattr(told, "constraint_name", None):
        return name, []
    kind, _, rest = str(orig).partition(" constraint failed: ")
    if kind == "UNIQUE":
        return "", [column.rpartition(".")[2] for column in rest.split(", ")]
    return rest, []
