# fmt: off; isort: skip_file
"""PostgreSQL: the server that the tests start, or one of your own."""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any, ClassVar

import pytest
from sqlalchemy import URL, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from . import environment, guard
from .database import Prepare
from .other_databases import OWN
from .postgresql_admin import MARKER, Admin
from .server import SERVER, PostgreSQLServer

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

    hints: ClassVar = {
        "permission denied to|[Mm]ust be superuser": "On their own server tests have a "
        "user without other rights, as in production. For more, name a server whose "
        "user has them, or whose `template1` is prepared, in TEST_DATABASE_URL.",
        "extension .* is not available": "The tests' own server has only PostgreSQL's "
        "own extensions, and pgvector: name one that has it in TEST_DATABASE_URL.",
        "cached (statement )?plan|cache lookup failed": "The schema has changed since "
        "the connection planned the query: change it before, or use a new connection "
        "afterwards, with @pytest.mark.real_commits.",
    }

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
            names = driver.TLS | {"host": "host"}
            if unknown := ", ".join(sorted(url.query.keys() - names.keys())):
                msg = f"TEST_DATABASE_URL sets {unknown}, which {driver.NAME} does not "
                raise pytest.UsageError(f"{msg}take from a URL: remove that")
            query = {names[name]: setting for name, setting in url.query.items()}
            url = url.set(query=query)
        else:
            on_tcp = not environment.TAKES_A_SOCKET
            server = self._server = PostgreSQLServer(on_tcp=on_tcp)
            config.stash[SERVER] = server
            url = URL.create("-", "tests", database="app_test", port=server.port)
            if on_tcp:
                url = url.set(host="127.0.0.1", password=server.password)
            else:
                url = url.set(query={"host": str(server.directory)})
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
        self._admin = Admin(self.url, driver)
        self.engines: list[AsyncEngine] = []  # that are disposed of before a copy

    async def open(self) -> None:
        """Create the database, prepared for the tests, and an engine for it."""
        if self._server is not None:
            await self._server.wait_until_ready()
            await self._admin.make_role(self._server)
        await self._admin.connect()
        try:
            for url in self._made:
                await self._admin.check(url)
        except BaseException:
            await self._admin.close()
            raise
        try:
            await self._create()
        except BaseException:
            await self.close()
            raise

    async def renew(self) -> None:
        """Make another database, because this one cannot be put back."""
        await self._dispose()
        await self._admin.connect_again()
        role = f"_new{len(self._made) - 1}"
        self.url = guard.database_for_worker(self._template, self._suffix, role)
        await self._admin.check(self.url)
        self._made.append(self.url)
        await self._create()

    async def _create(self) -> None:
        from .application import create_engine  # late: the guard comes before it

        self.ended: list[int] = []  # processes whose connections were cut
        self.engine = create_engine(self.url)
        OWN.add(self.engine.dialect)
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
        # The server may be gone, and a database that could not be put back be in use
        # still: the next run drops it.
        with suppress(Exception):
            await self._admin.connect_again()
        for url in self._made:
            with suppress(Exception):
                await self._admin.drop(str(url.database))
        await self._admin.close()

    async def look(
        self, rest: str, problems: list[str], first: int = 0
    ) -> Sequence[Any]:
        """End sessions that a test has left; return the `rest` of what is asked.

        It may refer to `first`, a number, as `given.first`.
        """
        query = LOOK.format(*self._driver.PARAMETERS) + rest
        values = (self.url.database, self.ended, first)
        found: Sequence[Any] = await self._admin.fetch(query, *values)
        others, *state = found
        self.ended = []
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
        self.ended.append(record.info["pid"])

    async def _copy(self, template: object, url: URL) -> None:
        await self._dispose()
        await self._admin.drop(str(url.database))
        setting = f"lock_timeout = '{self._lock_timeout}'"
        await self._admin.create(str(url.database), str(template), setting)

    async def _dispose(self) -> None:
        for engine in self.engines:
            await engine.dispose()
