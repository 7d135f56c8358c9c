"""Input for creating and changing tasks."""

from typing import Annotated

from pydantic import MISSING, BeforeValidator, Field, StringConstraints
from sqlmodel import SQLModel

from ..models import TaskStatus


def _refuse_all_but_numbers(value: object) -> object:
    if isinstance(value, bool | str):
        msg = "not a number"
        raise ValueError(msg)
    return value


# What fits into an INTEGER of PostgreSQL.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
# As JSON Schema has it: 1 or 1.0, but neither "1" nor true.
NumericId = Annotated[Id, BeforeValidator(_refuse_all_but_numbers)]
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
