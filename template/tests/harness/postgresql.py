"""PostgreSQL: the server that the tests start, or one of your own."""

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from . import guard_postgresql
from .database import Database
from .guard import RefusedError
from .server import PostgreSQLServer

# A schema of this name marks a database as one that the tests made. It is copied
# with the database, so a copy is never without it.
MARKER = "made_by_tests"
# It moves with every transaction that has changed anything on the server.
LOG_POSITION = text("SELECT pg_current_wal_insert_lsn()")
# DROP DATABASE … WITH (FORCE) would end sessions too. But it fails while autovacuum is
# at work there, unless a superuser asks; without FORCE it sends autovacuum away.
END_SESSIONS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = :database AND pg_has_role(usesysid, 'USAGE')"
)
TEMPLATE = "_template"  # the role of the database that a worker's copies are made from
OLDEST_VERSION = 15
CURE = (
    f"The tests need PostgreSQL {OLDEST_VERSION} or newer, and a user who may create "
    "databases: name them in TEST_DATABASE_URL, or leave it unset to have the tests "
    "start a server."
)


class PostgreSQLDatabase(Database):
    """A database of one worker, on a server that the workers share."""

    admin: AsyncConnection  # outside of the test database and of transactions
    autocommit: AsyncEngine  # `engine`, without transactions
    _kept = 0  # so many databases were kept

    def __init__(
        self, name: str, suffix: str, allowed_hosts: list[str], driver: str
    ) -> None:
        guard_postgresql.forget_redirections()
        self._server: PostgreSQLServer | None = None
        url = guard_postgresql.test_database_url(allowed_hosts)
        if url is None:
            self._server = PostgreSQLServer()
            url = URL.create(
                "postgresql",
                username="postgres",
                database=name,
                query={"host": str(self._server.directory)},
            )
        self._server_url = url.set(
            drivername=f"postgresql+{driver}", port=url.port or 5432
        )
        self._suffix = suffix
        super().__init__(self.url_for())

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Start the server now, so that it comes up while tests are collected."""
        if self._server is not None and not session.config.option.collectonly:
            self._server.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> None:
        """Keep passwords out of reports; end the run when the server has stopped."""
        if call.excinfo:
            guard_postgresql.hide_password(call.excinfo.value)
        if call.excinfo and self._server is not None and self._server.has_stopped():
            item.session.shouldstop = "PostgreSQL has stopped in the middle of the run"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let the server outlive the tests if it holds what has to be kept."""
        if self._server and session.testsfailed and session.config.option.keep_database:
            self._server.keep()

    def pytest_unconfigure(self) -> None:
        """Stop the server when the tests, and all workers, have ended."""
        if self._server is not None:
            self._server.stop()

    def url_for(self, role: str = "") -> URL:
        """Return the URL of one of the worker's databases, told apart by `role`."""
        return guard_postgresql.database_for_worker(
            self._server_url, self._suffix, role
        )

    async def open(self) -> None:
        """Wait for the server and create the database, empty, and an engine for it.

        Raises `RefusedError` for a database with contents that the tests did not put
        there, and `RuntimeError` if the server cannot be reached, is too old, or does
        not let the user create databases.
        """
        if self._server is not None:
            await self._server.wait_until_ready()
        self._admin_engine = create_async_engine(
            self._server_url.set(database="postgres"), isolation_level="AUTOCOMMIT"
        )
        self.admin = await _connect(self._admin_engine)
        try:
            await self._check_server()
            for role in ("", TEMPLATE):
                await self.claim(self.url_for(role))
        except BaseException:
            await self._close_admin()
            raise
        self.engine = self.create_engine()
        self.autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        await self._copy("template1", self.url)
        async with self.engine.begin() as connection:
            await connection.execute(text(f"CREATE SCHEMA {MARKER}"))

    async def close(self) -> None:
        """Remove the database, and the one that it was copied from."""
        self.leaks.stop()
        await self.disconnect()
        for role in ("", TEMPLATE):
            await self.drop(self.url_for(role))
        await self._close_admin()

    async def save(self) -> None:
        """Remember the database as it is now."""
        await self._copy(self.url.database, self.url_for(TEMPLATE))
        await self.mark()

    async def is_unchanged(self) -> bool:
        """Return whether nothing was committed since it was saved or put back."""
        return bool(self._mark == await self.admin.scalar(LOG_POSITION))

    async def restore(self) -> None:
        """Put the database back to what it was when it was saved, if it is not."""
        if not await self.is_unchanged():
            await self._copy(self.url_for(TEMPLATE).database, self.url)
            await self.mark()

    async def mark(self) -> None:
        """Take the database, as it is, for unchanged."""
        self._mark = await self.admin.scalar(LOG_POSITION)

    def keep(self) -> str:
        """Choose a name to keep the database under; return the line that opens it."""
        self._kept += 1
        kept = self.url_for(f"_kept{self._kept}")
        self.keep_as = str(kept.database)
        if self._server is not None:
            return self._server.line_that_opens(self.keep_as)
        # Whoever types it knows the password. `set` would leave alone what is None.
        return f"psql '{kept._replace(drivername='postgresql', password=None)}'"

    async def copy_to(self, name: str) -> None:
        """Copy the database to another one, which is replaced if it is ours."""
        kept = self.url.set(database=name)
        await self.claim(kept)
        await self._copy(self.url.database, kept)

    async def disconnect(self) -> None:
        """End all connections to the database."""
        await self.engine.dispose()

    async def drop(self, url: URL) -> None:
        """Drop a database that has been claimed, with connections left to it."""
        await self.admin.execute(END_SESSIONS, {"database": url.database})
        await self.admin.execute(text(f'DROP DATABASE IF EXISTS "{url.database}"'))

    async def claim(self, url: URL) -> None:
        """Raise `RefusedError` for a database with contents but without our marker."""
        query = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not await self.admin.scalar(query, {"name": url.database}):
            return
        engine = create_async_engine(url, poolclass=NullPool)
        connection = await _connect(engine)
        try:
            name = await connection.scalar(text("SELECT current_database()"))
            marked = await connection.scalar(
                text("SELECT 1 FROM pg_namespace WHERE nspname = :marker"),
                {"marker": MARKER},
            )
            tables = await connection.scalar(
                text(
                    "SELECT count(*) FROM pg_class JOIN pg_namespace AS namespace "
                    "ON namespace.oid = relnamespace WHERE nspname <> "
                    "'information_schema' AND nspname NOT LIKE 'pg\\_%'"
                )
            )
        finally:
            await connection.close()
            await engine.dispose()
        if name != url.database:
            msg = f"the server leads from {url.database} to {name}, another database"
            raise RefusedError(msg)
        if tables and not marked:
            msg = (
                f"the database {name} holds tables that the tests did not make, so "
                "they leave it alone. Name another one in TEST_DATABASE_URL, or drop "
                "this one if nobody needs it; the tests create what is missing."
            )
            raise RefusedError(msg)

    async def _copy(self, template: str | None, url: URL) -> None:
        await self.disconnect()
        await self.drop(url)
        # Copying files is several times faster than the default, which logs them.
        create = (
            f'CREATE DATABASE "{url.database}" TEMPLATE "{template}" STRATEGY FILE_COPY'
        )
        await self.admin.execute(text(create))

    async def _close_admin(self) -> None:
        await self.admin.close()
        await self._admin_engine.dispose()

    async def _check_server(self) -> None:
        version = int(await self.admin.scalar(text("SHOW server_version_num")))
        if version < OLDEST_VERSION * 10000:
            msg = f"the server is PostgreSQL {version // 10000}. {CURE}"
            raise RuntimeError(msg)
        may_create = "SELECT rolcreatedb OR rolsuper FROM pg_roles"
        query = text(f"{may_create} WHERE rolname = current_user")
        if not await self.admin.scalar(query):
            msg = f"the user may not create databases. {CURE}"
            raise RuntimeError(msg)
        free = await self.admin.scalar(
            text("SELECT pg_try_advisory_lock(hashtext(:name))"),
            {"name": self.url.database},
        )
        if not free:
            msg = (
                f"another test run is using {self.url.database}: wait until it has "
                "ended, or name another database in TEST_DATABASE_URL"
            )
            raise RefusedError(msg)


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except Exception as error:
        # Not chained: the driver's frames hold the password.
        msg = (
            f"cannot connect to {engine.url.render_as_string()}: "
            f"{type(error).__name__}: {error}\n{CURE}"
        )
        raise RuntimeError(msg) from None
