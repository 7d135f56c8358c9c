# fmt: off; isort: skip_file
"""Types and defaults of columns, written so that a migration stands on its own."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import UUID, Column, Enum, String, TypeDecorator, dialects, util
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import functions
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.types import TypeEngine

# A string, or a class that is called without its module.
_UNQUALIFIED = re.compile(
    r"'(?:[^'\\]|\\.)*'"
    r'|"(?:[^"\\]|\\.)*"'
    r"|(?<![\w.])[A-Z]\w*(?=\()"
)

# Defaults that are not the same in SQL everywhere.
_PORTABLE: dict[type, str] = {
    functions.now: "sa.func.now()",
    type(sqlalchemy.true()): "sa.true()",
    type(sqlalchemy.false()): "sa.false()",
}


class Renderer:
    """Writes types as the databases know them.

    A TypeDecorator becomes what it is stored as, and an Enum that no database checks, a
    string. `drivers` names the databases, each with its driver. See "Affecting the
    Rendering of Types Themselves" in Alembic's documentation.
    """

    def __init__(self, drivers: Mapping[str, str]) -> None:
        self._dialects: list[Dialect] = [
            dialects.registry.load(f"{database}.{driver}")()
            for database, driver in drivers.items()
        ]
        self._item: object = None

    def __call__(
        self, kind: str, item: Any, context: AutogenContext
    ) -> str | Literal[False]:
        """Return a type, or a default, in Python; False leaves it to Alembic."""
        if kind == "server_default":
            return self._default(getattr(item, "arg", None))
        if kind != "type" or item is self._item:
            return False
        if _is_own(item):
            item = self._stored(item)
        elif not type(item).__module__.startswith("sqlalchemy."):
            context.imports.add(f"import {type(item).__module__}")
        elif self._dialects[1:] and self._item is None and not isinstance(item, Enum):
            item = self._generic(item)
        outer, self._item = self._item, item
        # Private, but otherwise variants, arrays and imports would be written again.
        text = render._repr_type(item, context)
        self._item = outer
        return _UNQUALIFIED.sub(_qualify, text)

    def _default(self, default: object) -> str | Literal[False]:
        if isinstance(default, TextClause):  # text, or read from a database
            sql = default.text.replace(r"\:", ":")
            if self._dialects[1:]:
                sql = re.sub(r"('(?:[^']|'')*')::[\w ]+(\[\])?", r"\1", sql)
            if sql == "now()":
                return "sa.func.now()"
            sql = re.sub("(?<!:):(?!:)", r"\:", sql)  # else text() sees parameters
            return f"sa.text({sql!r})"
        return _PORTABLE.get(type(default), False)

    def _generic(self, item: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return what a type, read from one database for a downgrade, is on both."""
        module = type(item).__module__
        if not (module.startswith("sqlalchemy.dialects.") or isinstance(item, UUID)):
            return item
        try:
            generic = item.as_generic()
        except NotImplementedError:
            return item
        for dialect in self._dialects:
            is_from = f".{dialect.name}." in f"{module}."
            if is_from and item.compile(dialect) != generic.compile(dialect):
                return generic.with_variant(item, dialect.name)
        return generic

    def _stored(self, item: TypeEngine[Any]) -> TypeEngine[Any]:
        first, *others = [_plain(item, dialect) for dialect in self._dialects]
        for dialect, other in zip(self._dialects[1:], others, strict=True):
            if repr(other) != repr(first):
                first = first.with_variant(other, dialect.name)
        return first


def escaped(column: Column[Any], default: str | None) -> str | None:
    """Return the default of `column` in SQL; Alembic (1.20) does not escape quotes."""
    text = getattr(column.server_default, "arg", None)
    return "'" + text.replace("'", "''") + "'" if isinstance(text, str) else default


def _qualify(match: re.Match[str]) -> str:
    # SQLAlchemy's repr() of a type shows those inside without a module.
    name = match[0]
    return f"sa.{name}" if name.isidentifier() and hasattr(sqlalchemy, name) else name


def _is_own(item: TypeEngine[Any]) -> bool:
    if isinstance(item, Enum):
        return not (item.native_enum or item.create_constraint)
    is_library = type(item).__module__.startswith("sqlalchemy.")
    return isinstance(item, TypeDecorator) and not is_library


def _plain(item: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Return the type, one of SQLAlchemy's, that `item` is on one database."""
    if variant := item._variant_mapping.get(dialect.name):
        return _plain(variant, dialect)
    if not _is_own(item):
        return _public(item, dialect)
    if isinstance(item, TypeDecorator):
        return _plain(item.load_dialect_impl(dialect), dialect)
    return String(getattr(item, "length", None))


def _public(item: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    # A driver's own class, as `dialect.type_descriptor()` returns, cannot be imported.
    for kind in type(item).__mro__:
        for module in (sqlalchemy, getattr(dialects, dialect.name)):
            if getattr(module, kind.__name__, None) is kind:
                item = item.adapt(kind)
                item._variant_mapping = util.EMPTY_DICT  # for other databases
                return item
    return item
