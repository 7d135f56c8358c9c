# fmt: off; isort: skip_file
"""Tables that only the harness's own tests use."""

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

METADATA = MetaData()  # not that of the models: no migration makes these
DEFERRED = MetaData()  # what a test makes, because commits take longer with it
PARENT = ForeignKey("orphan.id", deferrable=True, initially="DEFERRED")


class Base(DeclarativeBase):
    """The base class of these, whatever that of the models is."""

    metadata = METADATA


class Probe(Base):
    """A table that only these tests use."""

    __tablename__ = "probe"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Orphan(Base):
    """A table whose rows need no parent until they are committed."""

    __tablename__ = "orphan"
    metadata = DEFERRED
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(PARENT)


class Reference(Base):
    """A table with rows, "a" and "b", that every test finds."""

    __tablename__ = "reference"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(default="")
