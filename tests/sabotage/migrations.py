"""Breaks of the migrations, and of the rows that every test finds."""

from functools import partial

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, Break

_break = partial(Break, backends=IN_MEMORY, example=True)
in_first = partial(_break, file="migrations/versions/0001_first_tables.py")
in_env = partial(_break, file="migrations/env.py")

SECOND_HEAD = """\
revision = "0002"
down_revision = None
def upgrade(): ...
def downgrade(): ...
"""

BREAKS = [
    _break(
        "model has a column that no migration makes",
        "    name: str",
        "migrations::models_are_what_the_migrations_make",
        new="    more: str\n    name: str",
        file="src/{package}/models/project.py",
        backends=ONE_OF_EACH,
    ),
    in_first(
        "column is shorter than the model says",
        "length=320",
        "migrations::models_are_what_the_migrations_make",
        new="length=32",
        backends=ONE_OF_EACH,
    ),
    in_first(
        "index is missing",
        '    op.create_index(op.f("ix_task_project_id"), "task", ["project_id"])\n',
        "migrations::models_are_what_the_migrations_make",
    ),
    in_first(
        "table is left when migrations are undone",
        '    op.drop_table("worker")\n',
        "migrations::migrations_go_up_and_down_and_up_again",
    ),
    _break(
        "two migrations follow the same one",
        "",
        "migrations::there_is_one_head",
        new=SECOND_HEAD,
        file="migrations/versions/0002_second_head.py",
    ),
    _break(
        "tests have the tables of the models instead",
        "from .migrations import upgrade as create_schema",
        "migrations::database_of_the_tests_is_made_by_the_migrations",
        new="create_schema = Base.metadata.create_all",
        file=f"{HARNESS}/application.py",
    ),
    _break(
        "migrations run on another database",
        ', attributes={"connection": connection}',
        "migrations::migrations_go_up_and_down_and_up_again",
        file=f"{HARNESS}/migrations.py",
        says="asyncio.run() cannot be called",
    ),
    in_env(
        "foreign keys stay on while a table is made anew",
        '    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")\n',
        "batch::rows_that_refer_to_a_table_that_is_made_anew_stay",
        says="FOREIGN KEY constraint failed",
        backends=("sqlite-file",),
    ),
    in_env(
        "foreign keys are not checked",
        'connection.exec_driver_sql("PRAGMA foreign_key_check")',
        "batch::row_that_would_refer_to_nothing_is_refused",
        new="[]",
        backends=("sqlite-file",),
    ),
    in_env(
        "foreign keys stay off",
        '        connection.exec_driver_sql("PRAGMA foreign_keys=ON")\n',
        "batch::foreign_keys_are_on_afterwards",
        new="        pass\n",
        backends=("sqlite-file",),
    ),
    in_env(
        "migration that fails leaves half of it",
        "with connection.begin():",
        "batch::migration_that_fails_leaves_nothing",
        new="with connection.execution_options(isolation_level='AUTOCOMMIT').begin():",
        backends=("sqlite-file",),
    ),
    _break(
        "hook of conftest.py is not asked",
        "        for adding in config.hook.pytest_prepare_database(session=session):\n"
        "            await adding\n",
        "isolation",
        example=False,
        says="no such table: probe",
    ),
    _break(
        "rows that every test finds are not committed",
        "            await adding\n        await session.commit()\n",
        "isolation",
        new="            await adding\n",
        example=False,
        says="no such table: probe",
    ),
]
