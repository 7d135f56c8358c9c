"""What has to be there before the application starts: settings, database, tables."""

import asyncio
import sys
from contextlib import aclosing

from pydantic import ValidationError
from starlette.types import Message, Send

from ..database import connect
from ..settings import Settings
from . import tables

TIMEOUT = 10.0  # seconds


class NotReadyError(Exception):
    """The application cannot work; the text says what to do about it."""


async def check() -> Settings:
    """Return the settings, unless something is missing."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = [f"{e['loc'][0]}: {e['msg']}" for e in error.errors()]
        raise NotReadyError("; ".join(wrong)) from None
    async with connect() as engine:
        try:
            async with asyncio.timeout(TIMEOUT):
                connection = await engine.connect()
        except Exception as error:
            cause = " ".join(str(getattr(error, "orig", error)).split())
            cause = cause or "it does not answer"
            msg = f"cannot connect to {engine.url}: {cause}"
            raise NotReadyError(msg) from None
        async with aclosing(connection):
            if problem := await connection.run_sync(tables.find_problem):
                raise NotReadyError(problem)
    return settings


async def tell(send: Send, message: Message) -> None:
    """Send to a server how the start went: what was foreseen as a line, and no more."""
    error = sys.exception()
    is_failure = message["type"] == "lifespan.startup.failed"
    if is_failure and isinstance(error, NotReadyError):
        message = {**message, "message": str(error)}
    await send(message)
