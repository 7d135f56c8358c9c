"""What the models share: their base class, naming of constraints, string enums."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum
from sqlmodel import SQLModel

# A constraint with a name can be altered and dropped by a migration. PostgreSQL's names
# have 63 characters at most: SQLAlchemy cuts longer ones, and keeps them different.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
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


def string_enum(members: type[StrEnum]) -> Enum:
    """Return a column type that stores the values of `members` as strings.

    It is the same on every database, and a new member needs no migration, because the
    database does not check the values: this type does. It refuses what is not a member
    (`StatementError`) and accepts plain strings. A value that only other code knows
    raises `LookupError` when it is read. 32 characters are the most.
    """
    return Enum(
        members,
        length=32,
        native_enum=False,
        validate_strings=True,
        values_callable=lambda enum: [member.value for member in enum],
    )
