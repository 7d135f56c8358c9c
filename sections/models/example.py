"""The database's tables. Each module here is imported, so that all are registered."""

from ..modules import import_modules
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

import_modules(__name__)
