# fmt: off; isort: skip_file
"""What makes and removes databases on a server, and says which it may be."""

from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import URL, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from .other_databases import OWN
from .server import PostgreSQLServer

# A schema of this name marks a database as one that the tests made. It is copied
# with the database, so a copy is never without it.
MARKER = "made_by_tests"
OLDEST_VERSION = 15
FIX = (
    f"The tests need PostgreSQL {OLDEST_VERSION} or newer, a user who may create "
    "databases, and a database that nobody else uses: name them in TEST_DATABASE_URL, "
    "or leave it unset to have the tests start a server."
)
# Tables and the like that do not belong to PostgreSQL itself.
OURS = (
    "FROM pg_class WHERE NOT (starts_with(relnamespace::regnamespace::text, 'pg_') OR "
    "relnamespace = 'information_schema'::regnamespace)"
)
ABOUT_SERVER = text(
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'), "
    "pg_backend_pid(), rolcreatedb OR rolsuper, pg_try_advisory_lock(hashtext(:name)) "
    "FROM pg_roles WHERE rolname = current_user"
)
OWNER = text(
    "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = :name"
)
CONTENTS = text(
    f"SELECT current_database(), to_regnamespace('{MARKER}') IS NOT NULL, "
    f"count(*) {OURS}"
)
# On the tests' own server an ordinary user, for whom grants and row-level security hold
# as in production. Workers make it at once.
ROLE = (
    "DO $$ BEGIN CREATE ROLE tests LOGIN CREATEDB CREATEROLE PASSWORD '{}'; "
    "GRANT SET ON PARAMETER session_replication_role TO tests; "
    "EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$"
)
# Settings that would end what tests need, or forbid it.
UNUSUAL = text(
    "SELECT name FROM pg_settings WHERE setting NOT IN ('0', 'off') AND name IN "
    "('idle_session_timeout', 'idle_in_transaction_session_timeout', "
    "'transaction_timeout', 'default_transaction_read_only')"
)
COPY_SETTINGS = """
DO $$ DECLARE setting record; BEGIN FOR setting IN
    SELECT split_part(entry, '=', 1) AS name, setrole,
        substr(entry, strpos(entry, '=') + 1) AS value
    FROM pg_db_role_setting, unnest(setconfig) AS entry
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '{template}')
LOOP
    PERFORM set_config(setting.name, setting.value, true);
    EXECUTE concat('ALTER ', CASE WHEN setting.setrole = 0 THEN '' ELSE
        concat('ROLE ', setting.setrole::regrole, ' IN ') END,
        format('DATABASE %I SET %I FROM CURRENT', '{database}', setting.name));
END LOOP; END $$
"""
# DROP DATABASE … WITH (FORCE) would end sessions too. But it fails while autovacuum is
# at work there, unless a superuser asks; without FORCE it sends autovacuum away.
END_SESSIONS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = :database AND pg_has_role(usesysid, 'USAGE')"
)


class Admin:
    """A connection to a server, for as long as the tests have a database there.

    `url` names that database, which no other run may use meanwhile. What cannot be used
    raises `pytest.UsageError`.
    """

    def __init__(self, url: URL, driver: ModuleType) -> None:
        self._url, self._driver = url, driver

    async def make_role(self, server: PostgreSQLServer) -> None:
        """Make the user of the tests, on a server of their own."""
        socket = {"host": str(server.directory)}
        name, port = self._url.drivername, server.port
        superuser = URL.create(name, "postgres", port=port, query=socket)
        connection = await _connect(superuser.set(database="postgres"))
        await connection.execute(text(ROLE.format(server.password)))
        await connection.close()

    async def connect(self) -> None:
        """Connect to the server, if it can be used."""
        self._connection = await _connect(self._url.set(database="postgres"))
        try:
            raw = await self._connection.get_raw_connection()
            self._raw = raw.driver_connection
            await self._check_server()
            self._unusual = (await self._connection.scalars(UNUSUAL)).all()
            for name in self._unusual:
                await self._execute(f"SET {name} = '0'")
        except BaseException:
            await self.close()
            raise

    async def connect_again(self) -> None:
        """Connect to the server if it has ended the connection."""
        try:
            await self.fetch("SELECT 1")
        except Exception:
            await self.close()
            await self.connect()

    async def close(self) -> None:
        """Disconnect; the server may be gone."""
        with suppress(Exception):
            await self._connection.close()

    async def fetch(self, query: str, *values: object) -> Any:
        """Return the first row of a query with the driver's parameters.

        Through the engine it would take twice as long.
        """
        return await self._driver.fetch(self._raw, query, values)

    async def create(self, database: str, template: str, *settings: str) -> None:
        """Make a database from another one, with its settings and with these."""
        create = f'CREATE DATABASE "{database}" TEMPLATE "{template}"'
        # Copying files is several times faster than the default, which logs them.
        await self._execute(f"{create} STRATEGY FILE_COPY")
        for setting in settings:
            await self._execute(f'ALTER DATABASE "{database}" SET {setting}')
        for name in self._unusual:
            role = f'ALTER ROLE CURRENT_USER IN DATABASE "{database}"'
            await self._execute(f"{role} SET {name} = '0'")
        # A copy of a database does not have the settings that a migration gives it.
        copied = COPY_SETTINGS.format(template=template, database=database)
        await self._execute(copied)

    async def drop(self, database: str) -> None:
        """Remove a database, if it is there; end its sessions."""
        await self._connection.execute(END_SESSIONS, {"database": database})
        await self._execute(f'DROP DATABASE IF EXISTS "{database}"')

    async def check(self, url: URL) -> None:
        """Refuse a database that the tests have not made."""
        parameters = {"name": url.database}
        is_own = await self._connection.scalar(OWNER, parameters)
        if is_own is False:
            raise _unusable(f"{url.database} belongs to another user: drop it")
        if is_own:
            connection = await _connect(url)
            name, is_ours, tables = (await connection.execute(CONTENTS)).one()
            await connection.close()
            if name != url.database:
                raise _unusable(f"the server leads from {url.database} to {name}")
            if tables and not is_ours:
                raise _unusable(f"{name} holds tables of others: drop it if unused")

    async def _execute(self, sql: str) -> None:
        await self._connection.execute(verbatim(sql))

    async def _check_server(self) -> None:
        parameters = {"name": self._url.database}
        about = await self._connection.execute(ABOUT_SERVER, parameters)
        version, encoding, pid, may_create, is_free = about.one()
        if int(version) < OLDEST_VERSION * 10000:
            raise _unusable(f"the server is PostgreSQL {int(version) // 10000}")
        if encoding != "UTF8":
            raise _unusable(f"the server's encoding is {encoding}, not UTF8")
        if pid != self._driver.pid_of(self._raw):
            msg = "a pooler, such as PgBouncer, is in front of the server: name the "
            raise _unusable(f"{msg}server itself")
        if not may_create:
            raise _unusable("the user may not create databases")
        if not is_free:
            raise _unusable(f"another test run uses {self._url.database}: wait for it")


def verbatim(sql: str) -> TextClause:
    """Return a query without parameters: the name of a table may hold a colon."""
    return text(sql.replace(":", r"\:"))


async def _connect(url: URL) -> AsyncConnection:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    OWN.add(engine.dialect)
    try:
        return await engine.connect()
    except Exception as error:
        # Not chained: the driver's frames hold the password.
        msg = f"cannot connect to {engine.url}: {type(error).__name__}: {error}"
        raise _unusable(msg) from None


def _unusable(problem: str) -> pytest.UsageError:
    return pytest.UsageError(f"{problem}. {FIX}")
