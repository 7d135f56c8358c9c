"""What callers may send: input that is validated before it becomes a model."""

from .task import TaskCreate, TaskUpdate

__all__ = ["TaskCreate", "TaskUpdate"]
