"""The base class of the project's factories."""

from .chosen import Factory

__all__ = ["Factory"]
