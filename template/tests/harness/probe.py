# fmt: off; isort: skip_file
"""Tables that only the harness's own tests use."""

from sqlalchemy import ForeignKey, MetaData
from sqlmodel import Field

from .application import Base

METADATA = MetaData()  # not that of the models: no migration makes these
DEFERRED = MetaData()  # what a test makes, because commits take longer with it
PARENT = ForeignKey("orphan.id", deferrable=True, initially="DEFERRED")


class Probe(Base, table=True):
    """A table that only these tests use."""

    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Orphan(Base, table=True):
    """A table whose rows need no parent until they are committed."""

    metadata = DEFERRED
    id: int = Field(primary_key=True)
    parent_id: int = Field(sa_column_args=[PARENT])


class Reference(Base, table=True):
    """A table with rows, "a" and "b", that every test finds."""

    metadata = METADATA
    name: str = Field(primary_key=True)
    value: str = ""
