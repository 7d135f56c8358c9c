# fmt: off; isort: skip_file
"""The base class of factories: what they make is committed in the test's session.

polyfactory only puts the objects together. `create` adds them, with all that they refer
to, to the session that it is given.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Generic, NoReturn, TypeGuard, TypeVar

from polyfactory.factories.pydantic_factory import ModelFactory
from polyfactory.field_meta import FieldMeta
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper
from sqlmodel import SQLModel

from .for_factories import advice, references

Model = TypeVar("Model", bound=SQLModel)


class Factory(ModelFactory[Model], Generic[Model]):
    """Makes objects of `Model`; derive from `Factory[Model]`.

    Fields that a call leaves out are made as the class declares, or have the model's
    default, or are made from their types: objects too, if they are required.
    """

    __is_base_factory__ = True
    __use_defaults__ = True
    __allow_none_optionals__ = False

    def __init__(self, *_: object, **__: object) -> None:
        name = type(self).__name__
        msg = f"{name}() saves nothing. Write {advice(name)}, or {name}.build() for "
        raise TypeError(f"{msg}an object that is not saved.")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        known = {field.name for field in cls.get_model_fields()}
        for name, value in vars(cls).items():
            is_helper = isinstance(value, classmethod | staticmethod | property)
            if not name.startswith("_") and name not in known and not is_helper:
                msg = f"{cls.__name__} has {name!r}, which {cls.__model__.__name__} "
                raise TypeError(f"{msg}does not have.")

    @classmethod
    def build(cls, **fields: Any) -> Model:  # type: ignore[override]
        """Make an object that is not saved."""
        for name, columns in references(cls.__model__).items():
            if columns & fields.keys() and name in fields:
                msg = f"Give {cls.__name__} only one of {sorted({name, *columns})}."
                raise TypeError(msg)
        return super().build(**fields)

    @classmethod
    def build_batch(cls, size: int, /, **fields: Any) -> list[Model]:
        """Make `size` objects that are not saved."""
        return [cls.build(**fields) for _ in range(size)]

    @classmethod
    async def create(cls, session: AsyncSession, /, **fields: Any) -> Model:
        """Make an object and all that it refers to, and commit it in `session`."""
        [made] = await cls.create_batch(session, 1, **fields)
        return made

    @classmethod
    async def create_batch(
        cls, session: AsyncSession, size: int, /, **fields: Any
    ) -> list[Model]:
        """Make `size` objects as `create` does, and commit them at once."""
        if not isinstance(session, AsyncSession):
            msg = f"{advice(cls.__name__)} takes the test's session, not {session!r}."
            raise TypeError(msg)
        made = cls.build_batch(size, **fields)
        session.add_all(made)
        await session.commit()
        return made

    @classmethod
    def _refuse(cls, *_: object, **__: object) -> NoReturn:
        msg = f"polyfactory would save it elsewhere. Write {advice(cls.__name__)}."
        raise TypeError(msg)

    create_sync = create_batch_sync = create_async = create_batch_async = _refuse

    @classmethod
    def seed_random(cls, seed: int) -> NoReturn:
        """Refuse a seed that would last for all tests to come."""
        msg = f"pytest-randomly seeds {cls.__name__}: run pytest --randomly-seed={seed}"
        raise TypeError(msg)

    @classmethod
    def is_supported_type(cls, value: Any) -> TypeGuard[type[Model]]:
        """Return whether `value` is a table."""
        return isinstance(inspect(value, raiseerr=False), Mapper)

    @classmethod
    def get_provider_map(cls) -> dict[Any, Callable[[], Any]]:
        """Make moments that are aware, and the same whenever the tests run."""
        first, last = datetime(2000, 1, 1), datetime(2030, 1, 1)
        return super().get_provider_map() | {
            date: partial(cls.__faker__.date_between_dates, first, last),
            datetime: partial(cls.__faker__.date_time_between, first, last, UTC),
        }

    @classmethod
    def should_use_default_value(cls, field_meta: FieldMeta) -> bool:
        """Return whether the model's default applies: the class declares nothing."""
        is_declared = hasattr(cls, field_meta.name)
        return super().should_use_default_value(field_meta) and not is_declared

    @classmethod
    def should_set_field_value(cls, field_meta: FieldMeta, **fields: Any) -> bool:
        """Return whether to make a value: a foreign key stands for its object."""
        columns = references(cls.__model__).get(field_meta.name, set())
        is_given = bool(columns & fields.keys())
        return super().should_set_field_value(field_meta, **fields) and not is_given

    @classmethod
    def get_model_fields(cls) -> list[FieldMeta]:
        """Return what is made: objects instead of foreign keys."""
        mapper = inspect(cls.__model__)
        columns = {one.key: one.columns[0] for one in mapper.column_attrs}
        made = {name for name, column in columns.items() if not column.foreign_keys}
        for name, keys in references(cls.__model__).items():
            is_required = not all(columns[key].nullable for key in keys)
            if is_required and not any(hasattr(cls, key) for key in keys):
                made.add(name)
        fields = super().get_model_fields() + [
            FieldMeta.from_type(one.entity.class_, one.key)
            for one in mapper.relationships
        ]
        return [one for one in fields if one.name in made or hasattr(cls, one.name)]
