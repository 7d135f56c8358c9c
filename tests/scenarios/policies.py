"""Row-level security, grants, and what an ordinary user may not do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

POLICIES = (
    "CREATE TABLE doc (tenant text, body text)",
    "INSERT INTO doc VALUES ('a', 'x'), ('b', 'y')",
    "ALTER TABLE doc ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE doc FORCE ROW LEVEL SECURITY",
    "CREATE POLICY own ON doc USING (tenant = current_setting('app.tenant', true))",
)


async def prepare(session):
    for statement in POLICIES:
        await session.execute(text(statement))
    await session.commit()


async def set_tenant(session, tenant):
    setting = text("SELECT set_config('app.tenant', :tenant, true)")
    await session.execute(setting, {"tenant": tenant})


@pytest.mark.parametrize("tenant", ["a", "b", "c"])
async def test_tenant_sees_its_own_rows(session, tenant):
    await prepare(session)
    await set_tenant(session, tenant)
    rows = await session.scalars(text("SELECT tenant FROM doc"))
    assert rows.all() == [tenant] * (tenant != "c")


async def test_tenant_cannot_write_for_another(session):
    await prepare(session)
    await set_tenant(session, "a")
    with pytest.raises(DBAPIError, match="row-level security"):
        await session.execute(text("INSERT INTO doc VALUES ('b', 'z')"))


async def test_role_has_what_it_was_granted_and_no_more(session):
    for statement in (
        "CREATE TABLE open (n int)",
        "CREATE TABLE closed (n int)",
        "CREATE ROLE reader",
        "GRANT reader TO CURRENT_USER WITH SET TRUE",
        "GRANT SELECT ON open TO reader",
        "SET LOCAL ROLE reader",
        "SELECT n FROM open",
    ):
        await session.execute(text(statement))
    with pytest.raises(DBAPIError, match="permission denied for table closed"):
        await session.execute(text("SELECT n FROM closed"))
    await session.rollback()


@pytest.mark.parametrize("name", ["pgcrypto", "citext", "pg_trgm", "btree_gist"])
async def test_trusted_extension_is_created(session, name):
    query = text("SELECT count(*) FROM pg_available_extensions WHERE name = :name")
    if await session.scalar(query, {"name": name}):
        await session.execute(text(f"CREATE EXTENSION {name}"))


async def test_extension_that_only_a_superuser_may_create(session):
    await session.execute(text("CREATE EXTENSION pageinspect"))


async def test_extension_that_is_not_there(session):
    await session.execute(text("CREATE EXTENSION postgis"))
