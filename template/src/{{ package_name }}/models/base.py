"""What the models share: their base class, naming of constraints, string enums."""

from datetime import UTC, datetime
from enum import StrEnum
from inspect import getattr_static
from typing import Any, Self

from pydantic import BaseModel
from sqlalchemy import Enum
from sqlmodel import SQLModel
from sqlmodel._compat import finish_init

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

    A table takes its fields, relationships, and whatever else has a setter. Any other
    name raises `TypeError`, as in SQLAlchemy's own models; SQLModel's drop the value.
    """

    def __init__(self, **data: Any) -> None:
        others = _take_others(type(self), data)
        super().__init__(**data)
        self._set(others)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        model = type(self)
        if model.model_config.get("table") and name in model.model_fields:
            # SQLModel has put the value over what SQLAlchemy's events made of it, such
            # as a `MutableDict`, which notices its changes. Once more, as a new one:
            value, vars(self)[name] = vars(self)[name], None
            object.__setattr__(self, name, value)

    @classmethod
    def model_validate(
        cls, obj: Any, *, update: dict[str, Any] | None = None, **options: Any
    ) -> Self:
        """Return a new object with the values of `obj`, and of `update`, validated.

        Only names in `update` are refused: Pydantic's `extra` is for those in `obj`.
        """
        names = cls.__sqlmodel_relationships__ if isinstance(obj, dict) else {}
        given = {name: obj[name] for name in names if name in obj}
        others = _take_others(cls, {**given, **(update or {})})
        finishes = finish_init.get()
        try:
            new: Self = super().model_validate(obj, update=update, **options)
        finally:
            # SQLModel leaves it off after an error: constructors would do nothing.
            finish_init.set(finishes)
        return new._set(others)

    def sqlmodel_update(
        self, obj: dict[str, Any] | BaseModel, *, update: dict[str, Any] | None = None
    ) -> Self:
        """Assign the values of `obj`, and of `update`."""
        given = {**(obj if isinstance(obj, dict) else {}), **(update or {})}
        others = _take_others(type(self), given)
        rest: dict[str, Any] | BaseModel = {} if isinstance(obj, dict) else obj
        return super().sqlmodel_update(rest, update=given)._set(others)

    def _set(self, others: dict[str, Any]) -> Self:
        for name, value in others.items():
            object.__setattr__(self, name, value)
        return self


def _take_others(model: type[SQLModel], data: dict[str, Any]) -> dict[str, Any]:
    """Take out of `data`, and return, what belongs to no field; rename aliases there.

    That are relationships, properties, hybrids and the like. Other names are refused.
    """
    if not model.model_config.get("table"):
        return {}
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        for other in [field.alias, *getattr(alias, "choices", [alias])]:
            if isinstance(other, str) and other in data:
                data[name] = data.pop(other)
    others = {name: data.pop(name) for name in data.keys() - model.model_fields}
    for name in others:
        attribute = getattr_static(model, name, None)
        if not hasattr(attribute, "__set__") or name.startswith("__"):
            msg = f"{name!r} is an invalid keyword argument for {model.__name__}"
            raise TypeError(msg)
    return others


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
