"""Tasks: the operations of `TaskService`, over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ..models import Task, TaskStatus
from ..schemas import TaskCreate, TaskUpdate
from ..schemas.fields import Id, NumericId
from ..services import TaskService
from . import problems
from .dependencies import Session
from .pages import LINKED, PageQuery, link_next

router = APIRouter(prefix="/tasks", tags=["tasks"], responses=problems.responses(422))
NOT_FOUND = problems.responses(404)
CONFLICT = problems.responses(409)
# A body that cannot be decoded, and a conflict.
REFUSED = problems.responses(400) | CONFLICT


class TaskQuery(PageQuery):
    """Which tasks: a page of all, or of those in a project or status."""

    project_id: Id | None = None
    status: TaskStatus | None = None


class NewTask(TaskCreate):
    """A new task, and the worker who creates it."""

    created_by_id: NumericId


class TaskRead(BaseModel):
    """What callers see of a task."""

    id: int
    title: str
    status: TaskStatus
    project_id: int
    created_by_id: int
    parent_task_id: int | None
    created_at: datetime
    updated_at: datetime


async def refuse(_: Request, error: Exception) -> JSONResponse:
    """Answer what a rule of the service forbids, with its `RuleError`."""
    return problems.respond(409, str(error))


async def get_service(session: Session) -> TaskService:
    """Make a service on the session of the request."""
    return TaskService(session)


Service = Annotated[TaskService, Depends(get_service)]


async def get_task(task_id: Id, service: Service) -> Task:
    """Find the task that the path names."""
    return _found(await service.get(task_id), task_id)


async def get_any_task(task_id: Id, service: Service) -> Task:
    """Find the task that the path names, which may be soft-deleted."""
    task = await service.get(task_id) or await service.get_deleted(task_id)
    return _found(task, task_id)


Found = Annotated[Task, Depends(get_task)]
FoundAny = Annotated[Task, Depends(get_any_task)]


@router.post("", status_code=201, response_model=TaskRead, responses=REFUSED)
async def create_task(
    data: NewTask, service: Service, request: Request, response: Response
) -> Task:
    """Create a task. Its project, its creator and its parent have to exist.

    The parent may be in another project, but not soft-deleted.
    """
    task = await service.create(data, created_by_id=data.created_by_id)
    response.headers["Location"] = request.url_for("read_task", task_id=task.id).path
    return task


@router.get("", response_model=list[TaskRead], responses=LINKED)
async def list_tasks(
    query: Annotated[TaskQuery, Query()],
    service: Service,
    request: Request,
    response: Response,
) -> Sequence[Task]:
    """List tasks, oldest first: a page of all, or of those in a project or status."""
    page = await service.list_paginated(**query.model_dump())
    link_next(page, request, response)
    return page.items


@router.get("/{task_id}", response_model=TaskRead, responses=NOT_FOUND)
async def read_task(task: Found) -> Task:
    """Show a task."""
    return task


@router.patch("/{task_id}", response_model=TaskRead, responses=NOT_FOUND | REFUSED)
async def update_task(task: Found, data: TaskUpdate, service: Service) -> Task:
    """Change the fields that are given. A parent of null detaches the task.

    No task may be below itself, or below one that is soft-deleted.
    """
    return await service.update(task, data)


@router.delete("/{task_id}", status_code=204, responses=NOT_FOUND)
async def delete_task(task: FoundAny, service: Service) -> None:
    """Delete a task for good, hidden or not. Its subtasks stay, without a parent."""
    await service.delete(task)


@router.post("/{task_id}/soft-delete", status_code=204, responses=NOT_FOUND | CONFLICT)
async def soft_delete_task(task: Found, service: Service) -> None:
    """Hide a task without subtasks. It can be restored."""
    await service.soft_delete(task)


@router.post(
    "/{task_id}/restore", response_model=TaskRead, responses=NOT_FOUND | CONFLICT
)
async def restore_task(task_id: Id, service: Service) -> Task:
    """Bring a soft-deleted task back, below the parent that it had."""
    task = _found(await service.get_deleted(task_id), task_id)
    return await service.restore(task)


def _found(task: Task | None, task_id: int) -> Task:
    if task is None:
        raise HTTPException(404, f"There is no task {task_id}.")
    return task
