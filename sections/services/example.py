"""What the application does, one service for each kind of thing."""

from .task import TaskService

__all__ = ["TaskService"]
