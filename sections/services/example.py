"""What the application does, one service for each kind of thing."""

from .project import ProjectService
from .task import RuleError, TaskService
from .worker import WorkerService

__all__ = ["ProjectService", "RuleError", "TaskService", "WorkerService"]
