"""Projects: what tasks belong to."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Column
from sqlmodel import Field, Relationship

from .base import Base, string_enum

if TYPE_CHECKING:
    from .task import Task


class ProjectStatus(StrEnum):
    """Where a project stands."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class Project(Base, table=True):
    """A body of work that is split into tasks."""

    # The database assigns the id in the first flush; it is None only before that.
    id: int = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=200)
    status: ProjectStatus = Field(
        default=ProjectStatus.ACTIVE,
        sa_column=Column(string_enum(ProjectStatus), nullable=False),
    )

    tasks: list["Task"] = Relationship(back_populates="project")
