"""A model with everything that any database can hold."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field

from .base import Base, string_enum


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Document(sa.TypeDecorator[dict[str, Any]]):
    """JSON, and JSONB where there is such a thing."""

    impl = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    cache_ok = True


class Guid(sa.TypeDecorator[str]):
    """A type that asks the database, as SQLAlchemy's documentation shows it."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return what is stored."""
        is_postgresql = dialect.name == "postgresql"
        kind = postgresql.UUID() if is_postgresql else sa.CHAR(32)
        return dialect.type_descriptor(kind)


class Short(sa.TypeDecorator[str]):
    """A type made of another one."""

    impl = sa.String(30)
    cache_ok = True


class Shorter(sa.TypeDecorator[str]):
    """A type made of one of the application's own."""

    impl = Short
    cache_ok = True


class Point(sa.types.UserDefinedType[str]):
    """A type that only the application knows."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type in SQL."""
        return "TEXT"


def column(kind: Any, *args: Any, **options: Any) -> Any:
    """Return a field with a column of its own."""
    return Field(sa_column=sa.Column(kind, *args, **options))


class Everything(Base, table=True):
    """All of it; the constraints would have names that are alike, and too long."""

    __table_args__ = (
        sa.UniqueConstraint(
            "text_", "short", "number_of_something_else", "number_with_an_expression"
        ),
        sa.UniqueConstraint(
            "text_", "short", "number_of_something_else", "number_with_a_default"
        ),
        sa.CheckConstraint("small > 0", "small_is_positive"),
        sa.CheckConstraint("shorter IN ('a', 'b')", "shorter_is_known"),
        sa.Index("ix_lower", sa.text("lower(short)"), unique=True),
        sa.Index(
            "ix_partial",
            "short",
            sqlite_where=sa.text("small > 1"),
            postgresql_where=sa.text("small > 1"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    length: timedelta
    document: dict[str, Any] = Field(sa_type=Document)
    variant: Any = column(sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))
    document_variant: Any = column(Document().with_variant(sa.Text(), "sqlite"))
    key: UUID
    guid: str = Field(sa_type=Guid)
    short: str = Field(sa_type=Short)
    shorter: str = Field(sa_type=Shorter)
    point: str = column(Point())
    native: Colour
    checked: Colour = column(
        sa.Enum(Colour, native_enum=False, create_constraint=True, length=9)
    )
    plain: Colour = column(string_enum(Colour))
    flag: bool = column(sa.Boolean(create_constraint=True, name="flag"))
    money: Decimal = Field(max_digits=10, decimal_places=2)
    ratio: float
    double: float = Field(sa_type=sa.Double)
    day: date
    at: time
    when: datetime
    local: datetime = Field(sa_type=sa.DateTime)
    small: int = Field(sa_type=sa.SmallInteger)
    big: int = Field(sa_type=sa.BigInteger)
    blob: bytes
    text_: str = Field(sa_type=sa.Text)
    number_of_something_else: int
    pickled: Any = column(sa.PickleType())
    with_a_default: str = column(sa.String(20), server_default="it's 100%")
    number_with_a_default: int = column(sa.Integer, server_default="0")
    number_with_an_expression: int = column(sa.Integer, server_default=sa.text("1 + 2"))
    time_with_a_default: Any = column(sa.DateTime, server_default=sa.func.now())
    flag_with_a_default: bool = column(sa.Boolean, server_default=sa.false())
    document_with_a_default: Any = column(sa.JSON, server_default="{}")
    computed: int = column(sa.Integer, sa.Computed("small + 1", persisted=True))


sa.CreateView(
    sa.select(sa.column("short")).select_from(sa.table("everything")),
    "shown",
    metadata=Base.metadata,
)
