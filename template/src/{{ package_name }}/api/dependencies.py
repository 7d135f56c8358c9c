"""What path operations get."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ..database import session_factory
from .database_errors import describe, is_in_doubt
from .problems import OutcomeUnknownError

WAIT = 5.0  # seconds, for a turn to write
READING = ("GET", "HEAD", "OPTIONS")
_turns = asyncio.Lock()


async def get_session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """Open the session of a request; here it is decided whether its work stays.

    It is committed when the path operation returns, and rolled back when that, or the
    commit, raises an error. Both happen before the response is sent (the scope
    `function`), so nobody is told of what then cannot be stored. What runs later opens
    a session of its own: background tasks, and the body of a streaming response.
    """
    operation = connection.scope["endpoint"]
    if isasyncgenfunction(operation) or isgeneratorfunction(operation):
        msg = f"{operation.__name__}() yields when its Session has ended: "
        raise RuntimeError(f"{msg}give it a StreamSession")
    async with _turn(connection), session_factory() as session:
        yield session
        # An error before the COMMIT leaves no doubt.
        await session.flush()
        try:
            await session.commit()
        except Exception as error:
            # Whoever only reads may try again anyway.
            if connection.scope.get("method") in READING or not is_in_doubt(error):
                raise
            raise OutcomeUnknownError(describe(error)) from error


async def get_stream_session() -> AsyncIterator[AsyncSession]:
    """Open a session for a path operation that yields what it reads.

    It stays open until all is sent, and commits nothing: nobody could be told that the
    commit has failed.
    """
    async with session_factory() as session:
        yield session


@asynccontextmanager
async def _turn(connection: HTTPConnection) -> AsyncIterator[None]:
    # SQLite has one writer at a time. The others wait here, in turns and without one of
    # the few connections, so that those who only read get one.
    bind = session_factory.kw["bind"]
    is_sqlite = bind is not None and bind.dialect.name == "sqlite"
    if not is_sqlite or connection.scope.get("method") in (None, *READING):
        yield
        return
    async with asyncio.timeout(WAIT):
        await _turns.acquire()
    try:
        yield
    finally:
        _turns.release()


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
StreamSession = Annotated[AsyncSession, Depends(get_stream_session, scope="request")]
