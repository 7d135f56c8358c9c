"""Creating and finding workers."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ..models import Worker
from ..schemas import WorkerCreate
from .pages import Page, read_page


class WorkerService:
    """Works with workers through its caller's session, which it never commits."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, data: WorkerCreate) -> Worker:
        """Add a worker and return it with its id.

        A handle that another worker has raises `sqlalchemy.exc.IntegrityError`; the
        session then needs a rollback.
        """
        worker = Worker.model_validate(data)
        self._session.add(worker)
        await self._session.flush()
        return worker

    async def get(self, worker_id: int) -> Worker | None:
        """Return the worker, or None if there is none."""
        return await self._session.get(Worker, worker_id)

    async def list_paginated(
        self, limit: int = 20, offset: int = 0, *, after: int = 0
    ) -> Page[Worker]:
        """Return up to `limit` workers, oldest first. See `read_page`."""
        return await read_page(
            self._session,
            select(Worker),
            Worker.id,
            limit=limit,
            offset=offset,
            after=after,
        )
