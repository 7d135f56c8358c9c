"""The database's tables. Each module here is imported, so that all are registered.

Give each model one, with a class like `class Book(Base, table=True)`.
"""

from ..modules import import_modules
from .base import Base

__all__ = ["Base"]

import_modules(__name__)
