# fmt: off; isort: skip_file
"""Migrations on SQLite that lose nothing, neither rows nor what a table had."""

import re
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from alembic import context
from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import ApplyBatchImpl
from alembic.util import CommandError
from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Inspector,
    Row,
    Table,
    func,
    literal_column,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from .definitions import Definitions, definitions_of, normalized, tokens_of
from .rendering import escaped

KEEP = (
    "Alembic makes the table anew from what it can read of it: give "
    "op.batch_alter_table() the whole table, as `copy_from`, or a CHECK constraint in "
    "`table_args`, or a collation in `type_`"
)
TEN_MINUTES = 600_000  # milliseconds
# What Alembic and SQLAlchemy say of things that are kept, or refused, here.
WARNINGS = ("Skipped unsupported reflection of expr", "Unnamed CHECK constraint on ref")


def run(connection: Connection, options: dict[str, Any]) -> None:
    """Migrate in one transaction, while no other process does.

    With foreign keys on, a table that is dropped to be made anew would take along the
    rows that refer to its own, so they are checked at the end. See "Making Other Kinds
    Of Table Schema Changes" in SQLite's documentation.
    """
    if find_spec(".postgresql", __package__):  # names are cut as there
        connection.dialect.max_identifier_length = 63
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    timeout = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={TEN_MINUTES}")
    connection.commit()  # inside a transaction SQLite would ignore the first one
    context.configure(connection, **options)
    # Everything can be done in one transaction here; an end would let in the others.
    setattr(context.get_context(), "autocommit_block", nullcontext)
    try:
        with warnings.catch_warnings(), context.begin_transaction():
            for message in WARNINGS:
                warnings.filterwarnings("ignore", message)
            # Before Alembic reads what is left to be done.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            context.run_migrations()
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
                msg = f"row {row.rowid} of {row.table} refers to no row of {row.parent}"
                raise CommandError(msg)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={timeout}")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


class KeepingSQLiteImpl(SQLiteImpl):
    """Makes tables anew as Alembic does, but with everything that they had.

    What cannot be kept stops the migration, with `CommandError`.
    """

    __dialect__ = "sqlite"  # Alembic takes the class that was defined last
    _remade: str | None = None  # the name that a table has while it is made anew
    _own_sql: dict[Any, str] = {}  # of indexes that Alembic would make differently

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Add what SQLAlchemy does not read; with the first column, the table's too."""
        super().autogen_column_reflect(inspector, table, column_info)
        found, name = self._definitions(table), column_info["name"].lower()
        collation = found.get((name, "collate"))
        if collation and hasattr(column_info["type"], "collation"):
            column_info["type"].collation = collation.split()[-1].upper()
        if generated := found.get((name, "generated")):
            sql, _, kind = generated.removeprefix("as ( ").rpartition(" ) ")
            quote = self.dialect.identifier_preparer.quote
            columns = {column for column, _ in found}
            sql = " ".join(quote(w) if w in columns else w for w in tokens_of(sql))
            column_info["computed"] = {"sqltext": sql, "persisted": kind == "stored"}
        if column_info.get("default"):  # text() would take :1 for a parameter
            column_info["default"] = column_info["default"].replace(":", r"\:")
        if not table.columns:
            if any(what.endswith(" autoincrement") for _, what in found):
                table.dialect_kwargs["sqlite_autoincrement"] = True
            for row in self._rows("index", table.name):
                if self._has_expression(row.name):  # made from its own SQL
                    Index(row.name, literal_column("0"), _table=table)

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare what SQL has as a column's default."""
        default = escaped(metadata_column, rendered_metadata_default)
        found = (rendered_inspector_default or "").replace(r"\:", ":") or None
        return super().compare_server_default(
            inspector_column, metadata_column, default, found
        )

    def cast_for_batch_migrate(
        self,
        existing: Column[Any],
        existing_transfer: dict[str, Any],
        new_type: TypeEngine[Any],
    ) -> None:
        """Let SQLite convert values, which it does only where nothing is lost.

        CAST would make 2030 of "2030-05-06", as dates are texts in columns for numbers.
        """
        old = existing_transfer["expr"]
        if isinstance(existing.type, DateTime) and isinstance(new_type, Date):
            existing_transfer["expr"] = func.date(old)
        elif isinstance(existing.type, Date) and isinstance(new_type, DateTime):
            existing_transfer["expr"] = func.datetime(old)

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[Any],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[Any],
        metadata_indexes: set[Index],
    ) -> None:
        """Leave out indexes that exist, but that SQLAlchemy does not read."""
        for index in [*metadata_indexes]:
            if self._has_expression(index.name):
                metadata_indexes.remove(index)

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Refuse what the new table would lack, and take note of what is put back."""
        super().prep_table_for_batch(batch_impl, table)
        new: Any = batch_impl.new_table
        kept = [key for key in batch_impl.column_transfers if key in table.columns]
        names = {key.lower(): batch_impl.columns[key].name.lower() for key in kept}
        gone = {key.lower() for key in table.columns.keys()}
        gone -= {column.name.lower() for column in new.columns}
        for constraint in table.foreign_key_constraints:  # so that SQL can be made
            batch_impl._setup_referent(table.metadata, constraint)
        read, wanted = (
            definitions_of(self._sql(CreateTable(each))) for each in (table, new)
        )
        indexes = self._rows("index", table.name)
        known = {index.name for index in table.indexes}
        lost = [f"the index {row.name}" for row in indexes if row.name not in known]
        if batch_impl.reflected:
            lost += _lost(self._definitions(table), read, wanted, names)
        if lost:
            raise CommandError(f"{table.name} would lose {', '.join(lost)}. {KEEP}")
        for (column, what), name in wanted.items():
            if not column:
                _refuse_use(f"constraint {name}".strip(), _used_in(what), gone)
        self._own_sql = {}
        for row in indexes:
            if index := batch_impl.indexes.get(row.name):
                sql = self._sql(CreateIndex(index))
                if is_own := normalized(sql) != normalized(row.sql):
                    self._own_sql[row.name] = row.sql
                # Alembic follows new names, but not in conditions.
                is_own |= "where" in tokens_of(row.sql)
                unknown = gone if is_own else gone - names.keys()
                _refuse_use(f"index {row.name}", _used_in(row.sql), unknown)
        for row in self._rows("trigger"):
            used = {*tokens_of(row.sql)}
            if table.name.lower() in used:
                _refuse_use(f"trigger {row.name}", used, gone)
        self._triggers = [row.sql for row in self._rows("trigger", table.name)]
        # Alembic would know only their columns, and no expressions.
        self._new_indexes = [*batch_impl.new_indexes.values()]
        batch_impl.new_indexes.clear()
        for key in kept:
            if batch_impl.columns[key].computed is not None:
                del batch_impl.column_transfers[key]["expr"]  # SQLite computes it
        self._last_number = self._number_of(table.name)
        self._remade = new.name

    def rename_table(
        self, old_table_name: str, new_table_name: Any, schema: Any = None
    ) -> None:
        """Rename a table; put back what the one had that has been made anew."""
        if old_table_name != self._remade:
            super().rename_table(old_table_name, new_table_name, schema)
            return
        self._remade = None
        # Views and triggers may refer to the table, which is not there for a moment.
        self._run("PRAGMA legacy_alter_table=ON")
        super().rename_table(old_table_name, new_table_name, schema)
        self._run("PRAGMA legacy_alter_table=OFF")
        for trigger in self._triggers:
            self._run(trigger)
        for index in self._new_indexes:
            self.create_index(index)
        if self._last_number is not None:
            self._run("DELETE FROM sqlite_sequence WHERE name = ?", new_table_name)
            values = (new_table_name, self._last_number)
            self._run("INSERT INTO sqlite_sequence VALUES (?, ?)", *values)
        try:  # any new name makes SQLite look through all views and triggers
            self._run("CREATE TABLE _alembic_look_1 (id)")
            self._run("ALTER TABLE _alembic_look_1 RENAME TO _alembic_look_2")
            self._run("DROP TABLE _alembic_look_2")
        except OperationalError as error:
            msg = f"{error.orig}: drop it before {new_table_name} changes, with "
            msg += "op.execute(), and make it again afterwards"
            raise CommandError(msg) from None

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index, as it was if its table has been made anew."""
        if sql := self._own_sql.pop(index.name, None):
            self._run(sql)
        else:
            super().create_index(index, **kw)

    def _run(self, sql: str, *values: Any) -> Sequence[Row[Any]]:
        assert self.connection is not None
        result = self.connection.exec_driver_sql(sql, values)
        return result.all() if result.returns_rows else []

    def _rows(self, kind: str, table: str = "") -> Sequence[Row[Any]]:
        query = "SELECT name, sql FROM sqlite_schema WHERE type = ? AND sql <> '' AND "
        return self._run(f"{query}? IN (lower(tbl_name), '')", kind, table.lower())

    def _definitions(self, table: Table) -> Definitions:
        [row] = self._rows("table", table.name)
        return definitions_of(row.sql)

    def _has_expression(self, index: Any) -> bool:
        query = "SELECT * FROM pragma_index_xinfo(?) WHERE cid = -2"
        return bool(self._run(query, index))

    def _number_of(self, table: str) -> int | None:
        if not self._rows("table", "sqlite_sequence"):
            return None  # no table has AUTOINCREMENT
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return next((row.seq for row in self._run(query, table)), None)

    def _sql(self, statement: CreateTable | CreateIndex) -> str:
        return str(statement.compile(dialect=self.dialect))


def _used_in(sql: str) -> set[str]:
    """Return the names in brackets of a constraint or an index, but no functions."""
    tokens = tokens_of(re.split(r"\breferences\b", sql)[0])
    first = tokens.index("(") if "(" in tokens else len(tokens)
    return {name for name, after in pairwise([*tokens[first:], ""]) if after != "("}


def _refuse_use(user: str, used: set[str], columns: set[str]) -> None:
    if used := columns & used:
        msg = f"{', '.join(used)} goes, or gets another name, but is used by the "
        msg += f"{user}: drop that first, and make it again afterwards"
        raise CommandError(msg)


def _lost(
    old: Definitions, read: Definitions, new: Definitions, names: dict[str, str]
) -> list[str]:
    """Return what no operation takes away, and the new table does not have.

    `read` is what Alembic can read of the `old` definitions, and so change; `names` are
    those of the columns that stay, with the names that they get.
    """
    lost = []
    dropped = {column for column, _ in old} - {"", *names}
    for (column, what), value in old.items():
        if what == "type" or dropped & ({column} if column else _used_in(what)):
            continue
        was, words = read.get((column, what)), [names.get(w, w) for w in what.split()]
        now = new.get((names.get(column, ""), " ".join(words)))
        if what == "collate":
            is_lost = now is None
        elif column:
            is_lost = now == was != value
        else:  # a constraint with a name can be dropped, and one that can be read
            is_named = value in read.values() and value not in new.values()
            is_lost = now is None and not (value and is_named)
            is_lost &= was is None or (not value and words[0] == "check")
        if is_lost:
            lost.append(f"{column} {value}" if column else what)
    return [text.replace("( ", "(").replace(" )", ")") for text in lost]
