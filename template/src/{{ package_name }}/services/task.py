"""Creating, finding, changing and deleting tasks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from ..models import Task, TaskStatus
from ..models.base import utc_now
from ..schemas import TaskCreate, TaskUpdate
from .pages import Page, read_page

_VISIBLE = select(Task).where(col(Task.deleted_at).is_(None))
# Built once: that takes longer than SQLite takes to answer it.
_BY_ID = _VISIBLE.where(col(Task.id) == bindparam("id"))


class RuleError(ValueError):
    """A rule that the database does not know forbids what was asked for."""


class TaskService:
    """Works with tasks through its caller's session.

    It flushes and never commits: whoever opened the session decides when, and
    whether, the work of several calls becomes permanent. What the database rejects
    raises `sqlalchemy.exc.IntegrityError`; the caller's session then needs a
    rollback.

    The rules: no task is above itself, and none that can be seen is below one that is
    soft-deleted. A parent may be in another project. What would break a rule raises
    `RuleError` and changes nothing. Whoever writes to the database in another way has
    to keep them, too.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, data: TaskCreate, *, created_by_id: int) -> Task:
        """Add a task for the worker `created_by_id` and return it with its id."""
        task = Task.model_validate(data, update={"created_by_id": created_by_id})
        if task.parent_task_id is None:
            return await self._flushed(task)
        async with self._below_parent(task):
            self._session.add(task)
        return task

    async def get(self, task_id: int) -> Task | None:
        """Return the task, or None if it is missing or soft-deleted."""
        result = await self._session.exec(_BY_ID, params={"id": task_id})
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
        query = _visible(project_id, status).order_by(col(Task.id))
        return (await self._session.exec(query)).all()

    async def list_paginated(
        self,
        limit: int = 20,
        offset: int = 0,
        *,
        after: int = 0,
        project_id: int | None = None,
        status: TaskStatus | str | None = None,
    ) -> Page[Task]:
        """Return up to `limit` tasks, oldest first. See `read_page`.

        With `project_id` or `status`, only those count. A `status` that is not a
        `TaskStatus` raises `ValueError`.
        """
        return await read_page(
            self._session,
            _visible(project_id, status),
            Task.id,
            limit=limit,
            offset=offset,
            after=after,
        )

    async def update(self, task: Task, data: TaskUpdate) -> Task:
        """Change the fields that `data` sets and return the task."""
        changes = data.model_dump(exclude_unset=True)
        if changes.get("parent_task_id") is None:
            return await self._flushed(task.sqlmodel_update(changes))
        async with self._below_parent(task):
            task.sqlmodel_update(changes)
        return task

    async def delete(self, task: Task) -> None:
        """Delete the task for good. Its subtasks stay, without a parent."""
        await self._session.delete(task)
        await self._session.flush()

    async def soft_delete(self, task: Task) -> Task:
        """Hide the task from every query of this service, and keep its row.

        It must have no subtasks, but for those that are hidden, too.
        """
        subtasks = _VISIBLE.where(Task.parent_task_id == task.id)
        async with self._session.begin_nested():
            task.deleted_at = utc_now()
            await self._flushed(task)
            if (await self._session.exec(subtasks.limit(1))).first():
                msg = "The task has subtasks."
                raise RuleError(msg)
        return task

    async def restore(self, task: Task) -> Task:
        """Bring a soft-deleted task back, below the parent that it had."""
        async with self._below_parent(task):
            task.deleted_at = None
        return task

    async def _flushed(self, task: Task) -> Task:
        self._session.add(task)
        await self._session.flush()
        return task

    @asynccontextmanager
    async def _below_parent(self, task: Task) -> AsyncIterator[None]:
        """Write what the block changes, unless the tasks above then break a rule.

        It is written before the others are looked at, and each of them is locked: two
        transactions that would break a rule together wait for each other. (On SQLite
        the first write locks the database. On PostgreSQL they may end in a deadlock,
        which fails one of them.) An error undoes what the block has changed.
        """
        async with self._session.begin_nested():
            yield
            await self._session.flush()
            above = {task.id}
            parent_id = await self._parent_of(task.id)
            while parent_id is not None:
                if parent_id in above:
                    msg = "The task would be below itself."
                    raise RuleError(msg)
                above.add(parent_id)
                parent_id = await self._parent_of(parent_id)

    async def _parent_of(self, task_id: int) -> int | None:
        """Return the id of the parent, or None; lock the task against changes.

        A task that is missing or soft-deleted raises `RuleError`.
        """
        visible = col(Task.deleted_at).is_(None)
        query = select(Task.parent_task_id).where(Task.id == task_id, visible)
        found = (await self._session.exec(query.with_for_update(read=True))).all()
        if not found:
            msg = f"There is no task {task_id} to be the parent of others."
            raise RuleError(msg)
        return found[0]


def _visible(
    project_id: int | None = None, status: TaskStatus | str | None = None
) -> SelectOfScalar[Task]:
    query = _VISIBLE
    if project_id is not None:
        query = query.where(Task.project_id == project_id)
    if status is not None:
        query = query.where(Task.status == TaskStatus(status))
    return query
