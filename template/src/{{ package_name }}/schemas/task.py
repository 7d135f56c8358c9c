"""Input for creating and changing tasks."""

from typing import Annotated, Any

from pydantic import StringConstraints, model_validator
from sqlmodel import SQLModel

from ..models import TaskStatus

Title = Annotated[
    str, StringConstraints(max_length=200, min_length=1, strip_whitespace=True)
]


class TaskCreate(SQLModel):
    """A new task. Unknown fields and invalid values raise `ValidationError`."""

    model_config = {"extra": "forbid"}

    title: Title
    project_id: int
    status: TaskStatus = TaskStatus.PENDING
    parent_task_id: int | None = None


class TaskUpdate(SQLModel):
    """Changes to a task. Fields that are left out stay as they are.

    `parent_task_id=None` detaches the task from its parent. Unknown fields, invalid
    values and None for the title or the status raise `ValidationError`.
    """

    model_config = {"extra": "forbid"}

    title: Title | None = None
    status: TaskStatus | None = None
    parent_task_id: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_none(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for field in ("title", "status"):
                if field in data and data[field] is None:
                    msg = f"{field} cannot be None: leave it out to keep it"
                    raise ValueError(msg)
        return data
