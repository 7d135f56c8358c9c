"""What the models share: their base class, naming of constraints, checked enums."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum
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
            for name in data.keys() - known:
                msg = f"{name!r} is an invalid keyword argument for {model.__name__}"
                raise TypeError(msg)
        super().__init__(**data)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def checked_enum(members: type[StrEnum], name: str) -> Enum:
    """Return a column type for `members` whose values the database checks.

    A CHECK constraint called `name` instead of a native type, so that it is the same
    on every database. A new member needs a migration that replaces the constraint;
    Alembic does not notice it. Plain strings are accepted in place of members.
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
