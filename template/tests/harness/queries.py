"""What a test does in the database: the statements it sends, the rows it leaves."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

# The type of the fixture `assert_queries`.
AssertQueries = Callable[[int], AbstractContextManager[list[str]]]
# How a transaction begins and ends depends on the database and on the isolation.
TRANSACTION_CONTROL = ("BEGIN", "RELEASE SAVEPOINT", "ROLLBACK", "SAVEPOINT")
ROWS, WIDTH = 5, 24  # so many rows of a table are shown, and characters of a value
PATIENCE = 5.0  # seconds to read the rows in: another connection may lock a table


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
        async with asyncio.timeout(PATIENCE):
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
        query = select(text("*")).select_from(table).limit(ROWS + 1)
        result = await connection.execute(query)
        if rows := result.all():
            lines = _aligned([tuple(result.keys()), *rows[:ROWS]])
            more = ["and more rows"] if len(rows) > ROWS else []
            texts.append("\n".join([f"{table.fullname}:", *lines, *more]))
    return "\n\n".join(texts) or "All tables are empty."


def _aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [[" ".join(str(value).split()) for value in row] for row in rows]
    short = [[c if len(c) <= WIDTH else f"{c[:WIDTH]}…" for c in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in short]
