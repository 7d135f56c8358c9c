"""Input for creating workers."""

from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import SQLModel

from ..models import WorkerType
from .fields import INVISIBLE, text

_PART = rf"[^@{INVISIBLE}]+"
# What may be one: only a letter to it shows whether it is.
EmailAddress = Annotated[
    str, StringConstraints(max_length=320, pattern=rf"^{_PART}@{_PART}$")
]


class WorkerCreate(SQLModel):
    """A new worker. Unknown fields and invalid values raise `ValidationError`."""

    model_config = {"extra": "forbid"}

    handle: Annotated[str, text(50)]
    type: WorkerType = WorkerType.HUMAN
    email: EmailAddress | None = None
