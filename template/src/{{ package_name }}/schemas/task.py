"""Input for creating and changing tasks."""

from typing import Annotated

from pydantic import MISSING, Field, StringConstraints
from sqlmodel import SQLModel

from ..models import TaskStatus

# What fits into an INTEGER of PostgreSQL.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
# Not blank, and no NUL, which PostgreSQL cannot store.
Title = Annotated[
    str,
    StringConstraints(
        max_length=200,
        min_length=1,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
        strip_whitespace=True,
    ),
]


class TaskCreate(SQLModel):
    """A new task. Unknown fields and invalid values raise `ValidationError`."""

    model_config = {"extra": "forbid"}

    title: Title
    project_id: Id
    status: TaskStatus = TaskStatus.PENDING
    parent_task_id: Id | None = None


class TaskUpdate(SQLModel):
    """Changes to a task. Fields that are left out stay as they are.

    `parent_task_id=None` detaches the task from its parent. Unknown fields and invalid
    values raise `ValidationError`.
    """

    model_config = {"extra": "forbid"}

    title: Title | MISSING = MISSING
    status: TaskStatus | MISSING = MISSING
    parent_task_id: Id | MISSING | None = MISSING
