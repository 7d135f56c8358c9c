"""Tasks: the operations of `TaskService`, over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from sqlmodel import SQLModel

from ..models import Task, TaskStatus
from ..schemas import TaskCreate, TaskUpdate
from ..schemas.task import Id, NumericId
from ..services import TaskService
from ..services.task import MAX_PAGE_SIZE
from . import problems
from .dependencies import Session

router = APIRouter(prefix="/tasks", tags=["tasks"], responses=problems.responses(422))
NOT_FOUND = problems.responses(404)
# A body that cannot be decoded, and a conflict.
REFUSED = problems.responses(400, 409)
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]


class NewTask(TaskCreate):
    """A new task, and the worker who creates it."""

    created_by_id: NumericId


class TaskRead(SQLModel):
    """What callers see of a task."""

    id: int
    title: str
    status: TaskStatus
    project_id: int
    created_by_id: int
    parent_task_id: int | None
    created_at: datetime
    updated_at: datetime


async def get_service(session: Session) -> TaskService:
    """Make a service on the session of the request."""
    return TaskService(session)


Service = Annotated[TaskService, Depends(get_service)]


async def get_task(task_id: Id, service: Service) -> Task:
    """Find the task that the path names."""
    return _found(await service.get(task_id), task_id)


Found = Annotated[Task, Depends(get_task)]


@router.post("", status_code=201, response_model=TaskRead, responses=REFUSED)
async def create_task(
    data: NewTask, service: Service, request: Request, response: Response
) -> Task:
    """Create a task. Its project, its creator and its parent have to exist."""
    task = await service.create(data, created_by_id=data.created_by_id)
    response.headers["Location"] = request.url_for("read_task", task_id=task.id).path
    return task


@router.get("", response_model=list[TaskRead])
async def list_tasks(
    service: Service,
    project_id: Annotated[Id | None, Query()] = None,
    status: TaskStatus | None = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Sequence[Task]:
    """List tasks, oldest first: a page of all, or of those in a project or status."""
    return await service.list_paginated(
        limit, offset, project_id=project_id, status=status
    )


@router.get("/{task_id}", response_model=TaskRead, responses=NOT_FOUND)
async def read_task(task: Found) -> Task:
    """Show a task."""
    return task


@router.patch("/{task_id}", response_model=TaskRead, responses=NOT_FOUND | REFUSED)
async def update_task(task: Found, data: TaskUpdate, service: Service) -> Task:
    """Change the fields that are given. A parent of null detaches the task."""
    return await service.update(task, data)


@router.delete("/{task_id}", status_code=204, responses=NOT_FOUND)
async def delete_task(task: Found, service: Service) -> None:
    """Delete a task for good. Its subtasks stay, without a parent."""
    await service.delete(task)


@router.post("/{task_id}/soft-delete", status_code=204, responses=NOT_FOUND)
async def soft_delete_task(task: Found, service: Service) -> None:
    """Hide a task, which can be restored."""
    await service.soft_delete(task)


@router.post("/{task_id}/restore", response_model=TaskRead, responses=NOT_FOUND)
async def restore_task(task_id: Id, service: Service) -> Task:
    """Bring a soft-deleted task back."""
    task = _found(await service.get_deleted(task_id), task_id)
    return await service.restore(task)


def _found(task: Task | None, task_id: int) -> Task:
    if task is None:
        raise HTTPException(404, f"There is no task {task_id}.")
    return task
