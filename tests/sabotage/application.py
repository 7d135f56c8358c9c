"""Breaks of the application's engine, sessions and models."""

from functools import partial

from . import IN_MEMORY, ONE_OF_EACH, POSTGRESQL, Break

in_database = partial(Break, file="src/{package}/database.py", backends=ONE_OF_EACH)
in_sqlite = partial(Break, file="src/{package}/sqlite.py", backends=("sqlite-file",))
in_settings = partial(Break, file="src/{package}/settings.py", backends=ONE_OF_EACH)
in_url = partial(Break, file="src/{package}/database_url.py", backends=ONE_OF_EACH)
in_base = partial(Break, file="src/{package}/models/base.py", backends=ONE_OF_EACH)

BREAKS = [
    in_sqlite(
        "transactions do not begin",
        '    event.listen(engine, "before_cursor_execute", _begin_before_a_write)\n',
        "transactions::rollback_undoes_whatever_was_done",
    ),
    in_sqlite(
        "transactions that only read take the write lock",
        "        or _READ.match(statement)\n",
        "database_sqlite::tasks_that_read_and_write_all_succeed",
    ),
    in_sqlite(
        "statements that write are taken for reads",
        "|BEGIN|",
        "transactions::rollback_undoes_whatever_was_done",
        new="|BEGIN|DROP|",
    ),
    in_sqlite(
        "common table expressions are taken for reads",
        r"WITH(?!.*\b(INSERT|REPLACE|UPDATE|DELETE)\b)",
        "transactions::rollback_undoes_whatever_was_done",
        new="WITH",
    ),
    in_sqlite(
        "write lock is not taken up front",
        '"BEGIN IMMEDIATE"',
        "transactions::savepoint_takes_the_write_lock",
        new='"BEGIN"',
    ),
    in_sqlite(
        "autocommit begins transactions",
        '        or connection.get_execution_options().get("isolation_level")'
        ' == "AUTOCOMMIT"\n',
        "transactions::vacuum_runs_under_autocommit",
    ),
    in_sqlite(
        "foreign keys are off",
        "foreign_keys=ON",
        "database_sqlite::rollback_undoes_whatever_was_done",
        new="foreign_keys=OFF",
    ),
    in_sqlite(
        "readers and writers wait for each other",
        '    cursor.execute("PRAGMA journal_mode=WAL")\n',
        "database_sqlite::tasks_that_read_and_write_all_succeed",
    ),
    in_sqlite(
        "failed commit leaves the transaction open",
        '    event.listen(engine, "handle_error", _roll_back_failed_commit)\n',
        "database_sqlite::rollback_undoes_whatever_was_done",
    ),
    in_database(
        "objects expire when they are committed",
        "expire_on_commit=False",
        "isolation::commits_are_undone",
        new="expire_on_commit=True",
    ),
    in_database(
        "sessions are not those of SQLModel",
        "from sqlmodel.ext.asyncio.session import AsyncSession",
        "isolation::commits_are_undone",
        new="from sqlalchemy.ext.asyncio import AsyncSession",
        says="has no attribute 'exec'",
    ),
    in_database(
        "session factory stays bound",
        "session_factory.configure(bind=None)",
        "database::application_connects_its_sessions",
        new="pass",
        backends=IN_MEMORY,
    ),
    in_database(
        "driver is asked to end what has not begun",
        "        sqlite.skip_idle_ends(engine.sync_engine)\n",
        "database_sqlite::what_has_only_read_ends_without_asking_the_driver",
        backends=IN_MEMORY,
    ),
    in_database(
        "connections that the server has ended are used",
        "pool_pre_ping=True, ",
        "database_postgresql::connection_that_the_server_has_ended_is_replaced",
        backends=POSTGRESQL,
    ),
    in_database(
        "pool does not follow the settings",
        "        pool_size=settings.database_pool_size,\n",
        "database_postgresql::pool_is_set_up_as_the_settings_say",
        backends=POSTGRESQL,
    ),
    Break(
        "tables are not created",
        "run_sync(Base.metadata.create_all)",
        "create_tables::tables_are_created_where_they_are_missing",
        new="close()",
        file="src/{package}/create_tables.py",
        backends=ONE_OF_EACH,
        example=True,
        migrations="none",
        says="AssertionError",
    ),
    in_url(
        "driver is not filled in",
        "url.set(drivername=",
        "database_url::database_url_gets_the_driver",
        new="url.set() or (",
    ),
    in_url(
        "driver that is not installed is accepted",
        'if driver not in ("", DRIVERS[backend]):',
        "database_url::wrong_database_url_is_refused_with_the_fix_and_is_not_shown",
    ),
    in_url(
        "half of a password is taken for a host",
        'if url.host and str(value).count("@") > 1:',
        "database_url::wrong_database_url_is_refused_with_the_fix_and_is_not_shown",
        backends=POSTGRESQL,
    ),
    in_url(
        "password is shown",
        "    PlainSerializer(str),  # without the password\n",
        "database_postgresql::password_survives_and_is_not_shown",
        backends=POSTGRESQL,
    ),
    in_settings(
        "errors show the value",
        "        hide_input_in_errors=True,\n",
        "database_url::wrong_database_url_is_refused_with_the_fix_and_is_not_shown",
    ),
    in_base(
        "database checks the values of enums",
        "native_enum=False",
        "models::member_that_is_added_later_fits_into_the_old_table",
        new='native_enum=False, create_constraint=True, name="checked"',
        example=True,
    ),
    in_base(
        "any string is stored as an enum",
        "        validate_strings=True,\n",
        "models::unknown_status_does_not_reach_the_database",
        example=True,
    ),
    in_base(
        "models ignore names that they do not have",
        "                raise TypeError(msg)\n",
        "database::name_that_a_model_does_not_have_is_refused",
        new="                print(msg)\n",
    ),
    in_base(
        "models refuse relationships",
        "{*fields, *model.__sqlmodel_relationships__}",
        "models::relationship_is_given_by_name",
        new="{*fields}",
        example=True,
    ),
]
