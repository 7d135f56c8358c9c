"""Migrations that make a table anew on SQLite, one for each test."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from tests.harness.migrations import config_for

pytestmark = pytest.mark.real_commits
HEADER = "import sqlalchemy as sa\nfrom alembic import op\nrevision = '9999'\n"
ANEW = """\
    with op.batch_alter_table("project") as batch_op:
        batch_op.alter_column("name", type_=sa.String(length=300))
"""


@pytest.fixture
async def migrate(engine, session):
    """Runs a migration with these statements; returns whether foreign keys are on."""
    for table, columns, values in (
        ("project", "id, name, status", "1, 'Apollo', 'active'"),
        ("worker", "id, handle, type", "1, 'ada', 'human'"),
        ("task", "id, title, status, project_id, created_by_id, created_at, updated_at",
         "1, 'Build', 'pending', 1, 1, '2030-01-01', '2030-01-01'"),
    ):  # fmt: skip
        await session.execute(
            text(f"INSERT INTO {table} ({columns}) VALUES ({values})")
        )
    await session.commit()

    async def migrate(statements):
        async with engine.connect() as connection:
            config = await connection.run_sync(config_for)
            script = ScriptDirectory.from_config(config)
            head = f"down_revision = {script.get_current_head()!r}\n"
            path = Path(script.versions) / "9999_batch.py"
            path.write_text(f"{HEADER}{head}def upgrade():\n{statements}")
            try:
                await connection.run_sync(lambda _: command.upgrade(config, "9999"))
            finally:
                path.unlink()
            return await connection.scalar(text("PRAGMA foreign_keys"))

    return migrate


async def test_rows_that_refer_to_a_table_that_is_made_anew_stay(migrate, session):
    await migrate(ANEW)

    assert await session.scalar(text("SELECT count(*) FROM task")) == 1


async def test_row_that_would_refer_to_nothing_is_refused(migrate, session):
    with pytest.raises(CommandError, match="row 1 of task refers to no row of project"):
        await migrate(ANEW + "    op.execute('DELETE FROM project')")

    assert await session.scalar(text("SELECT count(*) FROM project")) == 1


async def test_foreign_keys_are_on_afterwards(migrate):
    assert await migrate(ANEW) == 1


async def test_migration_that_fails_leaves_nothing(migrate, session):
    with pytest.raises(ZeroDivisionError):
        await migrate(
            "    op.create_table('half', sa.Column('id', sa.Integer))\n    1/0"
        )

    query = text("SELECT count(*) FROM sqlite_schema WHERE name = 'half'")
    assert await session.scalar(query) == 0
