"""Breaks of the application's engine, sessions and models."""

from functools import partial

from . import IN_MEMORY, ONE_OF_EACH, Break

in_database = partial(Break, file="src/{package}/database.py", backends=ONE_OF_EACH)
in_sqlite = partial(Break, file="src/{package}/sqlite.py", backends=("sqlite-file",))
in_base = partial(Break, file="src/{package}/models/base.py", backends=ONE_OF_EACH)

BREAKS = [
    in_sqlite(
        "transactions do not begin",
        '    event.listen(engine, "before_cursor_execute", _begin_before_a_write)\n',
        "",
        "database_sqlite::rollback_undoes_whatever_was_written",
    ),
    in_sqlite(
        "transactions do not begin",
        '    event.listen(engine, "before_cursor_execute", _begin_before_a_write)\n',
        "",
        "isolation::sessions_side_by_side_are_undone",
        isolation="snapshot",
    ),
    in_sqlite(
        "transactions that only read take the write lock",
        "        or _READ.match(statement)\n",
        "",
        "database_sqlite::readers_and_a_writer_do_not_wait_for_each_other",
        options=("-k", "readers or vacuum"),
    ),
    in_sqlite(
        "statements that write are taken for reads",
        "|BEGIN|",
        "|BEGIN|DROP|",
        "database_sqlite::rollback_undoes_whatever_was_written",
    ),
    in_sqlite(
        "common table expressions are taken for reads",
        r"WITH(?!.*\b(INSERT|REPLACE|UPDATE|DELETE)\b)",
        "WITH",
        "database_sqlite::rollback_undoes_whatever_was_written",
    ),
    in_sqlite(
        "write lock is not taken up front",
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        "database_sqlite::tasks_that_read_and_then_write_all_succeed",
    ),
    in_sqlite(
        "write lock is not taken up front",
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        "isolation::sessions_side_by_side_are_undone",
        isolation="snapshot",
    ),
    in_sqlite(
        "errors of the driver come through as they are",
        "raise OperationalError(begin, None, error) from error",
        "raise",
        "database_sqlite::writer_that_gives_up_waiting_raises_an_error_of_sqlalchemy",
    ),
    in_sqlite(
        "autocommit begins transactions",
        '        or connection.get_execution_options().get("isolation_level")'
        ' == "AUTOCOMMIT"\n',
        "",
        "database_sqlite::vacuum_runs_under_autocommit",
    ),
    in_sqlite(
        "foreign keys are off",
        "foreign_keys=ON",
        "foreign_keys=OFF",
        "isolation::foreign_keys_are_enforced",
    ),
    in_sqlite(
        "readers and writers wait for each other",
        '    cursor.execute("PRAGMA journal_mode=WAL")\n',
        "",
        "database_sqlite::readers_and_a_writer_do_not_wait_for_each_other",
        options=("-k", "readers or vacuum"),
    ),
    in_sqlite(
        "failed commit leaves the transaction open",
        '    event.listen(engine, "handle_error", _roll_back_failed_commit)\n',
        "",
        "database_sqlite::commit_that_breaks_a_foreign_key_fails_and_is_rolled_back",
    ),
    in_database(
        "SQLite is left as it comes",
        "        sqlite.set_up(engine.sync_engine)\n",
        "        pass\n",
        "database_sqlite::rollback_undoes_a_savepoint_that_was_released",
        backends=("sqlite-file",),
    ),
    in_database(
        "objects expire when they are committed",
        "expire_on_commit=False",
        "expire_on_commit=True",
        "database::objects_stay_readable_after_a_commit",
    ),
    in_database(
        "sessions are not those of SQLModel",
        "from sqlmodel.ext.asyncio.session import AsyncSession",
        "from sqlalchemy.ext.asyncio import AsyncSession",
        "isolation::commits_are_undone",
        says="has no attribute 'exec'",
    ),
    in_database(
        "session factory stays bound",
        "session_factory.configure(bind=None)",
        "pass",
        "database::sessions_are_bound_while_the_application_is_connected",
        backends=IN_MEMORY,
    ),
    in_base(
        "models ignore names that they do not have",
        "                raise TypeError(msg)\n",
        "                print(msg)\n",
        "models::unknown_name_is_refused",
        example=True,
    ),
    in_base(
        "models refuse relationships",
        "{*fields, *model.__sqlmodel_relationships__}",
        "{*fields}",
        "models::relationship_is_given_by_name",
        example=True,
    ),
    in_base(
        "database does not check enums",
        "create_constraint=True",
        "create_constraint=False",
        "models::database_checks_the_status_itself",
        example=True,
    ),
]
