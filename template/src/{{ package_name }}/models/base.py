"""What the models share: their base class, naming of constraints, column types."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Enum, TypeDecorator
from sqlmodel import SQLModel

# A constraint with a name can be altered and dropped by a migration.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel):
    """The base class of all models.

    A table that is given a name it does not have raises `TypeError`, as SQLAlchemy's
    own models do. SQLModel's would drop the value.
    """

    def __init__(self, **data: Any) -> None:
        model = type(self)
        if model.model_config.get("table"):
            fields = model.model_fields
            known = {*fields, *model.__sqlmodel_relationships__}
            known |= {field.alias for field in fields.values() if field.alias}
            for name in data:
                if name not in known:
                    msg = f"{name!r} is an invalid keyword argument for {model.__name__}"
                    raise TypeError(msg)
        super().__init__(**data)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """A timestamp that goes in aware and comes back aware, in UTC.

    SQLite stores no time zone, so values are converted to UTC on the way in and
    marked as UTC on the way out. A naive value raises `ValueError`.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Convert an aware value to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"{value!r} has no time zone"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return the stored value as an aware one in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def checked_enum(members: type[StrEnum], name: str) -> Enum:
    """Return a column type for `members` whose values the database checks.

    A CHECK constraint called `name` instead of a native type: it is the same on
    every database, and a new member needs no `ALTER TYPE`. Plain strings are
    accepted in place of members.
    """
    return Enum(
        members,
        create_constraint=True,
        length=32,
        name=name,
        native_enum=False,
        validate_strings=True,
        values_callable=lambda enum: [member.value for member in enum],
    )
