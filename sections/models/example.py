"""The database's tables. Import models from here, so that all are registered."""

from .base import Base
from .project import Project, ProjectStatus
from .task import Task, TaskStatus
from .worker import Worker, WorkerType

__all__ = [
    "Base",
    "Project",
    "ProjectStatus",
    "Task",
    "TaskStatus",
    "Worker",
    "WorkerType",
]
