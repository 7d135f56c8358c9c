# fmt: off; isort: skip_file
"""The base class of the project's factories."""

from .chosen import Factory

__all__ = ["Factory"]
