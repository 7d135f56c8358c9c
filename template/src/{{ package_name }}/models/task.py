"""Tasks: the units of work in a project."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field, Relationship

from .base import Base, string_enum, utc_now

if TYPE_CHECKING:
    from .project import Project
    from .worker import Worker


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


def _listed(*columns: str) -> Index:
    """Make an index for a list of tasks with these columns, in the order of ids."""
    where = text("deleted_at IS NULL")
    return Index(None, *columns, "id", postgresql_where=where, sqlite_where=where)


class Task(Base, table=True):
    """A unit of work, possibly split into subtasks.

    A soft-deleted task keeps its row, with `deleted_at` set.
    """

    __table_args__ = (
        CheckConstraint("parent_task_id <> id", "parent_is_another_task"),
        _listed(),
        _listed("project_id"),
        _listed("status"),
        _listed("project_id", "status"),
    )

    # The database assigns the id in the first flush; it is None only before that.
    id: int = Field(default=None, primary_key=True)
    title: str = Field(min_length=1, max_length=200)
    status: TaskStatus = Field(
        default=TaskStatus.PENDING,
        sa_column=Column(string_enum(TaskStatus), nullable=False),
    )
    project_id: int = Field(foreign_key="project.id", index=True)
    created_by_id: int = Field(foreign_key="worker.id", index=True)
    parent_task_id: int | None = Field(
        default=None, foreign_key="task.id", index=True, ondelete="SET NULL"
    )
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(
        default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now}
    )
    deleted_at: datetime | None = None

    project: "Project" = Relationship(back_populates="tasks")
    created_by: "Worker" = Relationship(back_populates="created_tasks")
    parent_task: Optional["Task"] = Relationship(
        back_populates="subtasks", sa_relationship_kwargs={"remote_side": "Task.id"}
    )
    # The database detaches the subtasks of a deleted task (ON DELETE SET NULL).
    subtasks: list["Task"] = Relationship(
        back_populates="parent_task", passive_deletes="all"
    )
