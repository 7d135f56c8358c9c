"""Labels: plain SQLAlchemy."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .base import Base
from .project import Project


class PlainBase(DeclarativeBase):
    """The base class of models on plain SQLAlchemy."""

    metadata = Base.metadata


class Label(PlainBase):
    """A label of a project."""

    __tablename__ = "label"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    project: Mapped[Project] = relationship(Project)
