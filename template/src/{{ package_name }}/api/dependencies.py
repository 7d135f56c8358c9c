"""What path operations get."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlmodel.ext.asyncio.session import AsyncSession

from ..database import session_factory


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open the session of a request; here it is decided whether its work stays.

    It is committed when the path operation returns, and rolled back when that, or the
    commit, raises an error. Both happen before the response is sent (the scope
    `function`), so nobody is told of what then cannot be stored. What runs later opens
    a session of its own: background tasks, and the body of a streaming response.
    """
    async with session_factory.begin() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
