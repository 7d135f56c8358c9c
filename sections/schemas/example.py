"""What callers may send: input that is validated before it becomes a model."""

from .project import ProjectCreate
from .task import TaskCreate, TaskUpdate
from .worker import WorkerCreate

__all__ = ["ProjectCreate", "TaskCreate", "TaskUpdate", "WorkerCreate"]
