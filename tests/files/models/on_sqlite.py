"""A model with what only SQLite can hold."""

import sqlalchemy as sa
from sqlmodel import Field

from .base import Base


class Member(Base, table=True):
    """A member; the name is the same in capitals."""

    __table_args__ = (
        sa.UniqueConstraint("email", sqlite_on_conflict="IGNORE"),
        sa.Index("ix_lower_email", sa.text("lower(email)")),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, primary_key=True)
    name: str = Field(sa_type=sa.String(50, collation="NOCASE"), unique=True)
    label: str = Field(max_length=20)
    email: str = Field(max_length=50)


class Tag(Base, table=True):
    """A tag, in a table of another kind."""

    __table_args__ = {"sqlite_with_rowid": False, "sqlite_strict": True}  # noqa: RUF012

    name: str = Field(sa_type=sa.Text, primary_key=True)
