"""Tables that a migration makes anew on SQLite, one for each test."""

import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
from migrations.support import sqlite

pytestmark = pytest.mark.real_commits
DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
LOWER, UPPER = sa.text("lower(a)"), sa.text("upper(a)")
COPY = sa.Table(
    "t",
    sa.MetaData(),
    *[sa.Column(name, sa.Integer) for name in ("id", "label", "a", "b")],
    sa.UniqueConstraint("b", sqlite_on_conflict="REPLACE"),
)
OPTIONS = {
    "with a CHECK": {"table_args": (sa.CheckConstraint("b > 0", name="k"),)},
    "as a copy": {"copy_from": COPY},
}


def migrate(connection, change):
    """Make the table anew, with Alembic as the project's migrations have it."""
    assert sqlite.KeepingSQLiteImpl
    operations = Operations(MigrationContext.configure(connection))
    options = OPTIONS.get(change, {})
    with operations.batch_alter_table("t", recreate="always", **options) as batch:
        if change == "a becomes c":
            batch.alter_column("a", new_column_name="c")
        elif change in ("b goes", "length goes"):
            batch.drop_column(change.removesuffix(" goes"))
        elif change == "a becomes a time":
            batch.alter_column("a", type_=sa.DateTime(), existing_type=sa.Date())
        elif change == "u goes":
            batch.drop_constraint("u")
        elif change == "label loses its collation":
            batch.alter_column("label", type_=sa.String(9, collation="BINARY"))
        elif change != "as a copy":
            batch.alter_column("label", type_=sa.Text())
        if change == "other indexes":
            batch.drop_index("i")
            batch.create_index("n", [UPPER])


def schema(connection):
    return [*connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema")]


@pytest.fixture
async def connection(database, engine):
    await database.clear()
    async with engine.connect() as connection:
        yield connection


async def make(connection, statements):
    for statement in statements.replace("{table}", DATA["table"]).split("; "):
        await connection.exec_driver_sql(statement)
    await connection.commit()


@pytest.mark.parametrize("row", DATA["kept"], ids=lambda row: " - ".join(row[:2]))
@pytest.mark.filterwarnings("ignore:(Skipped unsupported|Unnamed CHECK)")
async def test_table_keeps_what_it_has(connection, row):
    change, statements, *parts = row
    await make(connection, statements)
    await connection.run_sync(migrate, change)
    await connection.commit()

    found = await connection.run_sync(schema)
    found += await connection.exec_driver_sql("SELECT * FROM t")
    if "AUTOINCREMENT" in statements:
        found += await connection.exec_driver_sql("SELECT * FROM sqlite_sequence")
    text = "\n".join(str(tuple(row)) for row in found)
    for part in parts:
        gone = part.removeprefix("no ")
        assert (f"'{gone}'" not in text) if gone != part else (part in text), text
    assert "_alembic" not in text


@pytest.mark.parametrize("row", DATA["refused"], ids=lambda row: " - ".join(row[:2]))
@pytest.mark.filterwarnings("ignore:(Skipped unsupported|Unnamed CHECK)")
async def test_what_a_table_would_lose_is_refused(connection, row):
    change, statements, part = row
    await make(connection, statements)
    before = await connection.run_sync(schema)
    with pytest.raises(CommandError) as caught:
        await connection.run_sync(migrate, change)
    await connection.rollback()

    assert part in str(caught.value)
    assert await connection.run_sync(schema) == before
