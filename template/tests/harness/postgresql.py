"""PostgreSQL: the server that the tests start, or one of your own."""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import URL, TextClause, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from . import guard
from .database import Prepare
from .server import SERVER, PostgreSQLServer

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
    "SELECT current_setting('server_version_num'), rolcreatedb OR rolsuper, "
    "pg_try_advisory_lock(hashtext(:name)) FROM pg_roles WHERE rolname = current_user"
)
CONTENTS = text(
    f"SELECT current_database(), to_regnamespace('{MARKER}') IS NOT NULL, "
    f"count(*) {OURS}"
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
# Ends sessions that a test has left in a transaction, and waits until those `ended` are
# gone, which are not counted.
LOOK = (
    "WITH given AS (SELECT CAST({} AS text) AS database, CAST({} AS int[]) AS ended, "
    "CAST({} AS int8) AS first) SELECT (SELECT sum((pg_terminate_backend(pid, 5000) "
    "AND pid <> ALL(ended))::int) FROM given, "
    "pg_stat_get_activity(NULL) "  # which the view pg_stat_activity asks
    "WHERE datid = (SELECT oid FROM pg_database WHERE datname = database) AND "
    "pg_has_role(usesysid, 'USAGE') AND (xact_start IS NOT NULL OR pid = ANY(ended))), "
)


class PostgreSQL:
    """A database of one worker, on a server that the workers share."""

    def __init__(
        self,
        driver: ModuleType,
        changes: Callable[["PostgreSQL"], Any],
        config: pytest.Config,
        prepare: Prepare,
        suffix: str,
    ) -> None:
        guard.forget_redirections()
        self._server: PostgreSQLServer | None = None
        if value := os.environ.get("TEST_DATABASE_URL"):
            hosts = config.getini("test_database_hosts")
            url = guard.check(value, guard.application_database_url(), hosts)
        else:
            self._server = config.stash[SERVER] = PostgreSQLServer()
            socket = {"host": str(self._server.directory)}
            url = URL.create("-", "postgres", database="app_test", query=socket)
        wait = self._lock_timeout = config.getini("test_database_lock_timeout")
        if not re.fullmatch("[0-9]+(ms|s|min)", wait):
            msg = f"test_database_lock_timeout is {wait!r}: write 5s or 500ms"
            raise pytest.UsageError(msg)
        url = url.set(drivername=f"postgresql+{driver.NAME}", port=url.port or 5432)
        self._driver, self._note_changes = driver, changes
        self._prepare, self._suffix = prepare, suffix
        self.url = guard.database_for_worker(url, suffix)
        self._template = guard.database_for_worker(url, suffix, "_template")
        self._made = [self._template, self.url]
        self.engines: list[AsyncEngine] = []  # that are disposed of before a copy

    async def open(self) -> None:
        """Create the database, prepared for the tests, and an engine for it."""
        if self._server is not None:
            await self._server.wait_until_ready()
        self.admin = await _connect(self.url.set(database="postgres"))
        self._raw = (await self.admin.get_raw_connection()).driver_connection
        try:
            await self._check_server()
            for url in self._made:
                await self._check_contents(url)
        except BaseException:
            await self.admin.close()
            raise
        try:
            await self._create()
        except BaseException:
            await self.close()
            raise

    async def renew(self) -> None:
        """Make another database, because this one cannot be put back."""
        await self._dispose()
        role = f"_new{len(self._made) - 1}"
        self.url = guard.database_for_worker(self._template, self._suffix, role)
        await self._check_contents(self.url)
        self._made.append(self.url)
        await self._create()

    async def _create(self) -> None:
        from .application import create_engine  # late: the guard comes before it

        self._ended: list[int] = []  # processes whose connections were cut
        self.engine = create_engine(self.url)
        self.engines = [self.engine]
        event.listen(self.engine.sync_engine, "connect", self._note_connection)
        event.listen(self.engine.sync_engine, "invalidate", self._note_invalidation)
        await self.clear()
        await self._prepare(self.engine)
        await self._copy(self.url.database, self._template)
        self.changes = self._note_changes(self)
        await self.changes.mark()

    async def clear(self) -> None:
        """Empty the database, which has no tables then, for a test."""
        await self._copy("template1", self.url)
        async with self.engine.begin() as connection:
            await connection.execute(text(f"CREATE SCHEMA {MARKER}"))

    async def copy(self) -> None:
        """Make the database what it was when it had been prepared."""
        await self._copy(self._template.database, self.url)

    async def close(self) -> None:
        """Remove everything that the tests have made."""
        await self._dispose()
        for url in self._made:
            # One that could not be put back may be in use still: the next run drops it.
            with suppress(DBAPIError):
                await self._drop(url)
        await self.admin.close()

    async def look(
        self, rest: str, problems: list[str], first: int = 0
    ) -> Sequence[Any]:
        """End sessions that a test has left; return the `rest` of what is asked.

        It may refer to `first`, a number, as `given.first`.
        """
        query = LOOK.format(*self._driver.PARAMETERS) + rest
        values = (self.url.database, self._ended, first)
        # Not through the engine, which would take as long as the query.
        found: Sequence[Any] = await self._driver.fetch(self._raw, query, values)
        others, *state = found
        self._ended = []
        if others:
            msg = "A session with a transaction was left and is ended now: close every"
            problems.append(f"{msg} connection that the test opens.")
        return state

    def _note_connection(
        self, connection: DBAPIConnection, record: ConnectionPoolEntry
    ) -> None:
        record.info["pid"] = self._driver.pid_of(connection.driver_connection)

    def _note_invalidation(
        self, _: DBAPIConnection, record: ConnectionPoolEntry, *__: object
    ) -> None:
        self._ended.append(record.info["pid"])

    async def _copy(self, template: str | None, url: URL) -> None:
        await self._dispose()
        await self._drop(url)
        create = f'CREATE DATABASE "{url.database}" TEMPLATE "{template}"'
        # Copying files is several times faster than the default, which logs them.
        await self.admin.execute(text(f"{create} STRATEGY FILE_COPY"))
        alter = f'ALTER DATABASE "{url.database}" SET lock_timeout = '
        await self.admin.execute(text(f"{alter}'{self._lock_timeout}'"))
        # A copy of a database does not have the settings that a migration gives it.
        settings = COPY_SETTINGS.format(template=template, database=url.database)
        await self.admin.execute(verbatim(settings))

    async def _drop(self, url: URL) -> None:
        await self.admin.execute(END_SESSIONS, {"database": url.database})
        await self.admin.execute(text(f'DROP DATABASE IF EXISTS "{url.database}"'))

    async def _dispose(self) -> None:
        for engine in self.engines:
            await engine.dispose()

    async def _check_server(self) -> None:
        about = await self.admin.execute(ABOUT_SERVER, {"name": self.url.database})
        version, may_create, is_free = about.one()
        if int(version) < OLDEST_VERSION * 10000:
            raise _unusable(f"the server is PostgreSQL {int(version) // 10000}")
        if not may_create:
            raise _unusable("the user may not create databases")
        if not is_free:
            raise _unusable(f"another test run uses {self.url.database}: wait for it")

    async def _check_contents(self, url: URL) -> None:
        names = await self.admin.scalars(text("SELECT datname FROM pg_database"))
        if url.database in names.all():
            connection = await _connect(url)
            name, is_ours, tables = (await connection.execute(CONTENTS)).one()
            await connection.close()
            if name != url.database:
                raise _unusable(f"the server leads from {url.database} to {name}")
            if tables and not is_ours:
                raise _unusable(f"{name} holds tables of others: drop it if unused")


def verbatim(sql: str) -> TextClause:
    """Return a query without parameters: the name of a table may hold a colon."""
    return text(sql.replace(":", r"\:"))


async def _connect(url: URL) -> AsyncConnection:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        return await engine.connect()
    except Exception as error:
        # Not chained: the driver's frames hold the password.
        msg = f"cannot connect to {engine.url}: {type(error).__name__}: {error}"
        raise _unusable(msg) from None


def _unusable(problem: str) -> pytest.UsageError:
    return pytest.UsageError(f"{problem}. {FIX}")
