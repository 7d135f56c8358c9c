"""Tests that change the schema where no relation grows, and one that finds it again."""

import pytest
from sqlalchemy import DDL, event, text
from sqlmodel import Field, SQLModel

# A name that SQL as text would take for something else.
ODD = 'odd:name%s "x"'


class Odd(SQLModel, table=True):
    __tablename__ = ODD
    id: int | None = Field(default=None, primary_key=True)
    name: str = "default"


def _when_created(statement: str) -> None:
    event.listen(SQLModel.metadata, "after_create", DDL(statement.replace("%", "%%")))


# What no model knows of.
_when_created("CREATE TYPE mood AS ENUM ('good')")
_when_created("CREATE SCHEMA tenant")
_when_created("CREATE TABLE tenant.note (mood mood DEFAULT 'good' NOT NULL)")
_when_created("CREATE MATERIALIZED VIEW tenant.summary AS SELECT * FROM tenant.note")
_when_created("CREATE VIEW tenant.one AS SELECT 1 AS n")
_when_created("CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'")
_when_created(
    "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
)
_when_created(
    "CREATE TRIGGER filled BEFORE INSERT ON tenant.note "
    "FOR EACH ROW EXECUTE FUNCTION fill()"
)
CHANGES = [
    "ALTER TYPE mood ADD VALUE 'bad'",
    "ALTER TYPE mood RENAME VALUE 'good' TO 'fine'",
    "ALTER TABLE tenant.note ALTER mood DROP DEFAULT",
    "ALTER TABLE tenant.note ALTER mood DROP NOT NULL",
    "ALTER TABLE tenant.note RENAME mood TO feeling",
    "ALTER TABLE tenant.note DISABLE TRIGGER filled",
    "CREATE OR REPLACE VIEW tenant.one AS SELECT 3 AS n",
    "CREATE OR REPLACE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 4'",
    "ALTER TABLE tenant.note RENAME TO moved",
    "CREATE POLICY policy ON tenant.note",
    "CREATE SCHEMA empty",
    "COMMENT ON TABLE tenant.note IS 'changed'",
    "GRANT SELECT ON tenant.note TO PUBLIC",
    "INSERT INTO tenant.note DEFAULT VALUES",
    "SELECT lo_from_bytea(0, 'x')",
    "REFRESH",
    "DRIVER",
]
STATE = """
SELECT (SELECT string_agg(enumlabel, ' ') FROM pg_enum),
    (SELECT count(*) FROM pg_attrdef WHERE adrelid = 'tenant.note'::regclass),
    (SELECT string_agg(attname || attnotnull, ' ') FROM pg_attribute
        WHERE attrelid = 'tenant.note'::regclass AND attnum > 0),
    (SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'filled'),
    (SELECT n FROM tenant.one), two(), obj_description('tenant.note'::regclass),
    (SELECT relacl::text FROM pg_class WHERE oid = 'tenant.note'::regclass),
    (SELECT count(*) FROM tenant.note), (SELECT count(*) FROM tenant.summary),
    (SELECT count(*) FROM pg_largeobject_metadata), to_regclass('of_driver')::text,
    (SELECT count(*) FROM pg_policy), to_regnamespace('empty')::text
"""
CLEAN = ("good", 1, "moodtrue", "O", 1, 2, None, None, 0, 0, 0, None, 0, None)


@pytest.mark.real_commits
@pytest.mark.parametrize("change", CHANGES)
async def test_change(engine, change):
    async with engine.begin() as connection:
        if change == "DRIVER":
            driver = (await connection.get_raw_connection()).driver_connection
            await driver.execute("CREATE TABLE of_driver (id int)")
        elif change == "REFRESH":
            await connection.execute(text("INSERT INTO tenant.note DEFAULT VALUES"))
            await connection.execute(text("REFRESH MATERIALIZED VIEW tenant.summary"))
        else:
            await connection.execute(text(change))


@pytest.mark.parametrize("number", range(len(CHANGES)))
async def test_next_test_is_clean(session, number):
    connection = await session.connection()
    assert (await connection.execute(text(STATE))).one() == CLEAN
    session.add(Odd(id=1))
    await session.commit()
