"""Workers: who creates tasks."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Column
from sqlmodel import Field, Relationship

from .base import Base, string_enum

if TYPE_CHECKING:
    from .task import Task


class WorkerType(StrEnum):
    """What kind of worker it is."""

    HUMAN = "human"
    AGENT = "agent"


class Worker(Base, table=True):
    """A person or a program that works on tasks."""

    # The database assigns the id in the first flush; it is None only before that.
    id: int = Field(default=None, primary_key=True)
    handle: str = Field(min_length=1, max_length=50, unique=True)
    type: WorkerType = Field(
        default=WorkerType.HUMAN,
        sa_column=Column(string_enum(WorkerType), nullable=False),
    )
    email: str | None = Field(default=None, max_length=320)

    created_tasks: list["Task"] = Relationship(back_populates="created_by")
