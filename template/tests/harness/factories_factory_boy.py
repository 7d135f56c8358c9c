# fmt: off; isort: skip_file
"""The base class of factories: what they make is committed in the test's session.

factory_boy knows no async sessions. So it only puts the objects together, and `create`
adds them, with all that they refer to, to the session that it is given.
"""

from typing import Any, NoReturn, TypeVar, get_args

import factory
from factory.base import FactoryMetaClass
from factory.declarations import SKIP
from sqlalchemy.ext.asyncio import AsyncSession

from .for_factories import advice, references

Model = TypeVar("Model")


class FactoryType(FactoryMetaClass):
    """Reads the model from `Factory[Model]`; refuses what would not be saved."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]
    ) -> Any:
        """Make a class of factories."""
        meta = attributes.setdefault("Meta", type("Meta", (), {}))
        for base in attributes.get("__orig_bases__", ()):
            for model in get_args(base):
                if isinstance(model, type) and not hasattr(meta, "model"):
                    meta.model = model
        for option in dir(meta):
            if option.startswith("sqlalchemy_"):
                msg = f"Remove {option} from {name}.Meta, and give the session to "
                raise TypeError(f"{msg}{advice(name)}.")
        return super().__new__(mcs, name, bases, attributes)  # type: ignore[no-untyped-call]

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Refuse `TaskFactory()`, which would have to be awaited."""
        name = self.__name__
        msg = f"{name}() saves nothing. Write {advice(name)}, or {name}.build() for "
        raise TypeError(f"{msg}an object that is not saved.")


class Factory(factory.Factory[Model], metaclass=FactoryType):
    """Makes objects of `Model`; derive from `Factory[Model]`.

    Fields that a call leaves out are made as the class declares.
    """

    class Meta:
        """Options of factory_boy."""

        abstract = True

    @classmethod
    async def create(cls, session: AsyncSession, /, **fields: Any) -> Model:  # type: ignore[override]
        """Make an object and all that it refers to, and commit it in `session`."""
        [made] = await cls.create_batch(session, 1, **fields)
        return made

    @classmethod
    async def create_batch(  # type: ignore[override]
        cls, session: AsyncSession, size: int, /, **fields: Any
    ) -> list[Model]:
        """Make `size` objects as `create` does, and commit them at once."""
        if not isinstance(session, AsyncSession):
            msg = f"{advice(cls.__name__)} takes the test's session, not {session!r}."
            raise TypeError(msg)
        make = super().create  # unlike build, it lets hooks know that they are to act
        made = [make(**fields) for _ in range(size)]
        session.add_all(made)
        await session.commit()
        return made

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        model = cls._meta.model
        if model is None:
            msg = f"{cls.__name__} has no model: derive it from Factory[Model]."
            raise TypeError(msg)
        for name, columns in references(model).items():
            parts = {one for one in params if one.startswith(f"{name}__")}
            given = [ways & params.keys() for ways in ({name}, columns, parts)]
            if sum(map(bool, given)) > 1:
                msg = f"Give {cls.__name__} only one of {sorted(set().union(*given))}."
                raise TypeError(msg)
            if given[1]:
                params = {**params, name: SKIP}
        return super()._generate(strategy, params)  # type: ignore[no-untyped-call]
