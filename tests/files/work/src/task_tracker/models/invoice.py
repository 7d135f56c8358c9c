"""A model of the user's own."""

from sqlmodel import Field

from .base import Base


class Invoice(Base, table=True):
    """An invoice."""

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
