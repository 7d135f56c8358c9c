# fmt: off; isort: skip_file
"""What a test does in the database: the statements it sends, the rows it leaves."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

AssertQueries = Callable[[int], AbstractContextManager[list[str]]]  # the fixture
# How a transaction begins and ends depends on the database and on the isolation.
TRANSACTION_CONTROL = ("BEGIN", "RELEASE SAVEPOINT", "ROLLBACK", "SAVEPOINT")
START = r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*"  # what may come before the first word
# What reads and locks nothing. A name that is one of these words counts as a write.
_READ = re.compile(
    START + r"(SELECT|TABLE|VALUES|SHOW|EXPLAIN|WITH)\b"
    r"(?!.*\b(INSERT|UPDATE|DELETE|MERGE|SHARE|INTO)\b)",
    re.DOTALL | re.IGNORECASE,
)
# What changes neither its connection, once the transaction has ended, nor the schema.
_PLAIN = re.compile(
    START + r"(SELECT\b(?!.*\bINTO\b)|VALUES|SHOW|EXPLAIN|WITH|INSERT|UPDATE|DELETE|"
    r"MERGE|COPY|TRUNCATE|LOCK|NOTIFY|SAVEPOINT|RELEASE|ROLLBACK|PRAGMA foreign_key_"
    r"check|SET (LOCAL|TRANSACTION|CONSTRAINTS))\b(?!.*(advisory|set_config|;\s*\w))",
    re.DOTALL | re.IGNORECASE,
)
TABLES, ROWS, WIDTH = 10, 5, 24  # at most so many are shown, and letters of a value


@lru_cache
def is_read(statement: str) -> bool:
    """Return whether a statement only reads."""
    return _READ.match(statement) is not None


@lru_cache
def is_plain(statement: str) -> bool:
    """Return whether a statement can change neither its connection nor the schema."""
    return _PLAIN.match(statement) is not None


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
        lines.insert(0, f"{len(statements)} statements were sent, not {number}:")
        pytest.fail("\n".join(lines), pytrace=False)


async def rows_left(session: AsyncSession) -> str:
    """Return the rows that `session` sees, as tables of text; never raise an error."""
    try:
        async with asyncio.timeout(5.0):  # another connection may lock a table
            with suppress(SQLAlchemyError):
                return await _tables(session)
            await session.rollback()  # an error has aborted the transaction
            return await _tables(session)
    except Exception as error:  # the test's own failure is what counts
        return f"The rows could not be read: {type(error).__name__}"


async def _tables(session: AsyncSession) -> str:
    from .application import metadata  # late: the guard comes before it

    connection = await session.connection()
    texts: list[str] = []
    for table in metadata.tables.values():
        # As the driver gives them: the model may refuse a value.
        everything = select(text("*")).select_from(table)
        result = await connection.execute(everything.limit(ROWS))
        if rows := result.all():
            count = await connection.scalar(select(func.count()).select_from(table))
            more = [f"and {count - ROWS} more"] if count and count > ROWS else []
            lines = _aligned([tuple(result.keys()), *rows])
            texts.append("\n".join([f"{table.fullname}:", *lines, *more]))
    more = [f"and {len(texts) - TABLES} more"] if len(texts) > TABLES else []
    return "\n\n".join(texts[:TABLES] + more) or "All tables are empty."


def _aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [[" ".join(str(value).split()) for value in row] for row in rows]
    short = [[c if len(c) <= WIDTH else f"{c[:WIDTH]}…" for c in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in short]
