"""The database's tables. Import models from here, so that all are registered.

Give each model a module with a class like `class Book(Base, table=True)`, and import
the class here.
"""

from .base import Base

__all__ = ["Base"]
