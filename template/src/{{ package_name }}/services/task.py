"""Creating, finding, changing and deleting tasks."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from ..models import Task, TaskStatus
from ..models.base import utc_now
from ..schemas import TaskCreate, TaskUpdate

MAX_PAGE_SIZE = 100


class TaskService:
    """Works with tasks through its caller's session.

    It flushes and never commits: whoever opened the session decides when, and
    whether, the work of several calls becomes permanent. What the database rejects
    raises `sqlalchemy.exc.IntegrityError`; the caller's session then needs a
    rollback.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, data: TaskCreate, *, created_by_id: int) -> Task:
        """Add a task for the worker `created_by_id` and return it with its id."""
        task = Task.model_validate(data, update={"created_by_id": created_by_id})
        return await self._flushed(task)

    async def get(self, task_id: int) -> Task | None:
        """Return the task, or None if it is missing or soft-deleted."""
        result = await self._session.exec(_visible().where(Task.id == task_id))
        return result.one_or_none()

    async def get_deleted(self, task_id: int) -> Task | None:
        """Return the soft-deleted task, or None if there is none."""
        deleted = col(Task.deleted_at).is_not(None)
        query = select(Task).where(Task.id == task_id, deleted)
        return (await self._session.exec(query)).one_or_none()

    async def list_by_project(
        self, project_id: int, status: TaskStatus | str | None = None
    ) -> Sequence[Task]:
        """Return the project's tasks, oldest first, all or those with `status`.

        A `status` that is not a `TaskStatus` raises `ValueError`.
        """
        return (await self._session.exec(_visible(project_id, status))).all()

    async def list_paginated(
        self,
        limit: int = 20,
        offset: int = 0,
        *,
        project_id: int | None = None,
        status: TaskStatus | str | None = None,
    ) -> Sequence[Task]:
        """Return up to `limit` tasks, oldest first, after skipping `offset`.

        With `project_id` or `status`, only those count. A `limit` outside 1 to
        `MAX_PAGE_SIZE`, a negative `offset` or a `status` that is not a `TaskStatus`
        raises `ValueError`.
        """
        if not 1 <= limit <= MAX_PAGE_SIZE:
            msg = f"limit must be from 1 to {MAX_PAGE_SIZE}, not {limit}"
            raise ValueError(msg)
        if offset < 0:
            msg = f"offset must be 0 or more, not {offset}"
            raise ValueError(msg)
        query = _visible(project_id, status).limit(limit).offset(offset)
        return (await self._session.exec(query)).all()

    async def update(self, task: Task, data: TaskUpdate) -> Task:
        """Change the fields that `data` sets and return the task."""
        task.sqlmodel_update(data.model_dump(exclude_unset=True))
        return await self._flushed(task)

    async def delete(self, task: Task) -> None:
        """Delete the task for good. Its subtasks stay, without a parent."""
        await self._session.delete(task)
        await self._session.flush()

    async def soft_delete(self, task: Task) -> Task:
        """Hide the task from every query of this service, and keep its row."""
        task.deleted_at = utc_now()
        return await self._flushed(task)

    async def restore(self, task: Task) -> Task:
        """Bring a soft-deleted task back."""
        task.deleted_at = None
        return await self._flushed(task)

    async def _flushed(self, task: Task) -> Task:
        self._session.add(task)
        await self._session.flush()
        return task


def _visible(
    project_id: int | None = None, status: TaskStatus | str | None = None
) -> SelectOfScalar[Task]:
    query = select(Task).where(col(Task.deleted_at).is_(None))
    if project_id is not None:
        query = query.where(Task.project_id == project_id)
    if status is not None:
        query = query.where(Task.status == TaskStatus(status))
    # The id decides between equal timestamps, so that pages never overlap.
    return query.order_by(col(Task.created_at), col(Task.id))
