"""Pages: how the services list things, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

MAX_PAGE_SIZE = 100


class HasId(Protocol):
    """What can be listed."""

    id: int


Model = TypeVar("Model", bound=HasId)


@dataclass(frozen=True)
class Page(Generic[Model]):
    """A part of a list. More follows after the id `next_after`, if that is not None."""

    items: Sequence[Model]
    next_after: int | None


async def read_page(
    session: AsyncSession,
    query: SelectOfScalar[Model],
    key: int,
    *,
    limit: int,
    offset: int,
    after: int,
) -> Page[Model]:
    """Return up to `limit` of what `query` selects, by its id, which is `key`.

    Those up to the id `after` are left out, and then the first `offset`: that takes
    longer the more it skips. A `limit` outside 1 to `MAX_PAGE_SIZE` and a negative
    `offset` raise `ValueError`.
    """
    if not 1 <= limit <= MAX_PAGE_SIZE:
        msg = f"limit must be from 1 to {MAX_PAGE_SIZE}, not {limit}"
        raise ValueError(msg)
    if offset < 0:
        msg = f"offset must be 0 or more, not {offset}"
        raise ValueError(msg)
    query = query.where(col(key) > after).order_by(col(key))
    # One more shows whether there is more, without counting.
    found = (await session.exec(query.limit(limit + 1).offset(offset))).all()
    items = found[:limit]
    return Page(items, items[-1].id if len(found) > limit else None)
