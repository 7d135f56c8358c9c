"""Input for creating projects."""

from typing import Annotated

from sqlmodel import SQLModel

from ..models import ProjectStatus
from .fields import text


class ProjectCreate(SQLModel):
    """A new project. Unknown fields and invalid values raise `ValidationError`."""

    model_config = {"extra": "forbid"}

    name: Annotated[str, text(200)]
    status: ProjectStatus = ProjectStatus.ACTIVE
