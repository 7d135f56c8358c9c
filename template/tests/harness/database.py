# fmt: off; isort: skip_file
"""What the harness needs of a database, whatever its kind."""

import os
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from . import environment

Prepare = Callable[[AsyncEngine], Awaitable[None]]  # makes the schema, and rows


NOT_ASYNC = (
    "`session_factory` in application.py is {!r:.80}: it has to be an "
    "async_sessionmaker. Sync code cannot share an event loop with its tests."
)


class Database(Protocol):
    """A database of one worker."""

    hints: ClassVar[dict[str, str]]  # as in `hints.py`
    url: URL
    engine: AsyncEngine
    changes: Any  # `undo` adds to a list what the test has to be failed for

    async def open(self) -> None:
        """Create the database, prepared for the tests, and an engine for it."""

    async def renew(self) -> None:
        """Make another database, because this one cannot be put back."""

    async def clear(self) -> None:
        """Empty the database, which has no tables then, for a test."""

    async def close(self) -> None:
        """Remove everything that the tests have made."""


def point_application_at(url: URL) -> None:
    """Make the application's own settings name the test database."""
    own = {name.upper() for name in environment.NAMES}
    for name in [name for name in os.environ if name.upper() in own]:
        del os.environ[name]  # the application reads it, however it is spelled
    os.environ |= environment.variables_of(url)


DATABASES = pytest.StashKey[dict[str, Database]]()  # those to run the tests on
