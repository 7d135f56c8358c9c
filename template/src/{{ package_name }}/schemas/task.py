"""Input for creating and changing tasks."""

from typing import Annotated

from pydantic import MISSING
from sqlmodel import SQLModel

from ..models import TaskStatus
from .fields import NumericId, text

Title = Annotated[str, text(200)]


class TaskCreate(SQLModel):
    """A new task. Unknown fields and invalid values raise `ValidationError`."""

    model_config = {"extra": "forbid"}

    title: Title
    project_id: NumericId
    status: TaskStatus = TaskStatus.PENDING
    parent_task_id: NumericId | None = None


class TaskUpdate(SQLModel):
    """Changes to a task. Fields that are left out stay as they are.

    `parent_task_id=None` detaches the task from its parent. Unknown fields and invalid
    values raise `ValidationError`.
    """

    model_config = {"extra": "forbid"}

    title: Title | MISSING = MISSING
    status: TaskStatus | MISSING = MISSING
    parent_task_id: NumericId | MISSING | None = MISSING
