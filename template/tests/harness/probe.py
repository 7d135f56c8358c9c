"""Tables that only the harness's own tests use."""

from sqlalchemy import ForeignKey, MetaData
from sqlmodel import Field

from .application import Base

METADATA = MetaData()  # not that of the models: no migration makes these
PARENT = ForeignKey("probe.id", deferrable=True, initially="DEFERRED")


class Probe(Base, table=True):
    """A table that only these tests use."""

    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    parent_id: int | None = Field(default=None, sa_column_args=[PARENT])


class Reference(Base, table=True):
    """A table with rows, "a" and "b", that every test finds."""

    metadata = METADATA
    name: str = Field(primary_key=True)
    value: str = ""
