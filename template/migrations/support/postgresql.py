# fmt: off; isort: skip_file
"""Migrations on PostgreSQL."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import alembic_postgresql_enum  # adds what autogenerate does with enum types
from alembic import context
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.util import CommandError
from sqlalchemy import Column, Connection, String, func, literal_column, select
from sqlalchemy.exc import DBAPIError

from .rendering import escaped

ENUMS = "alembic.alembic_postgresql_enum"  # the plugin's loggers
for noisy in ("alembic.ddl.postgresql", f"{ENUMS}.add_create_type_false"):
    logging.getLogger(noisy).setLevel(logging.WARNING)
alembic_postgresql_enum.set_configuration(
    alembic_postgresql_enum.Config(add_type_ignore=True)
)
LOCK = func.hashtext("alembic")
# "unsafe use of new value", which PostgreSQL says of the enum
UNSAFE_USE = "55P04"


def run(connection: Connection, options: dict[str, Any]) -> None:
    """Run each migration in a transaction of its own, while no other process does.

    So what one adds to an enum the next one may use.
    """
    is_told = False
    # Waiting in PostgreSQL would hold up CREATE INDEX CONCURRENTLY of the other one.
    while not connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
        connection.commit()
        if not is_told:
            logging.getLogger("alembic").info("Waiting for another migration to end.")
            is_told = True
        time.sleep(1)
    connection.commit()
    context.configure(connection, transaction_per_migration=True, **options)
    try:
        with context.begin_transaction():
            context.run_migrations()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != UNSAFE_USE:
            raise
        msg = "a migration uses a value that it has added to an enum: add it in a "
        raise CommandError(f"{msg}migration of its own, which comes first") from error
    finally:
        with suppress(DBAPIError):  # a connection that is lost has no lock
            connection.rollback()
            connection.scalar(select(func.pg_advisory_unlock(LOCK)))
            connection.commit()


class ComparingPostgresqlImpl(PostgresqlImpl):
    """Compares defaults as values of their column's type."""

    __dialect__ = "postgresql"  # Alembic takes the class that was defined last

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Return whether the defaults differ, also those with quotes, or of JSON."""
        default = escaped(metadata_column, rendered_metadata_default)
        is_number = metadata_column is metadata_column.table.autoincrement_column
        if is_number or None in (default, rendered_inspector_default):
            compare: Callable[..., bool] = super().compare_server_default
            return compare(
                inspector_column, metadata_column, default, rendered_inspector_default
            )
        kind = inspector_column.type.compile(self.dialect)
        found, wanted = (
            literal_column(f"({value})::{kind}::text", String)
            for value in (rendered_inspector_default, default)
        )
        # A function like random(), which never is the same, is not compared.
        is_fixed = found.is_not_distinct_from(found)
        assert self.connection is not None
        query = select(found.is_distinct_from(wanted) & is_fixed)
        return bool(self.connection.scalar(query))
