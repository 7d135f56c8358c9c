"""The guard's rules for PostgreSQL.

The tests use the server in `TEST_DATABASE_URL`, or start one. `DATABASE_URL` is read
only to make sure that it is another database. All rules here look at the URLs alone,
before any connection is opened.
"""

import contextlib
import ipaddress
import os
import re
import traceback
from collections.abc import Collection

from dotenv import dotenv_values
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .guard import RefusedError

# Where the process that pytest was started in leaves the application's setting for
# its workers, because the guard overwrites DATABASE_URL.
_REMEMBERED = "TEST_APPLICATION_DATABASE_URL"
NAME = re.compile(r"[A-Za-z0-9_-]{1,43}_test(_gw[0-9]+)?")
HARMLESS_QUERY = {"sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"}
# With these variables a driver would connect elsewhere than the URL says.
REDIRECTIONS = (
    *("PGDATABASE", "PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGPORT"),
    *("PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"),
)


def test_database_url(allowed_hosts: Collection[str]) -> URL | None:
    """Return what `TEST_DATABASE_URL` says, or None if it is not set.

    Raises `RefusedError` if it says what `check` refuses.
    """
    value = os.environ.get("TEST_DATABASE_URL")
    if not value:
        return None
    url = parse("TEST_DATABASE_URL", value)
    if value.count("@") > (url.username is not None):
        # First, because the other rules quote what may be half of a password.
        _refuse(
            "an @ stands where none belongs",
            "write %40 for every @ but the one before the host",
        )
    own = _application_database_url()
    check(url, parse("DATABASE_URL", own) if own else None, allowed_hosts)
    return url


def parse(variable: str, value: str) -> URL:
    """Return `value`, from `variable`, as a URL; raise `RefusedError` if it is none."""
    try:
        if "%00" in value or not value.isprintable():
            # A driver would stop reading there, and take its defaults for the rest.
            raise ValueError
        return make_url(value)
    except (ArgumentError, ValueError) as error:
        # Neither the value nor the parser's message: both may hold a password.
        msg = (
            f"{variable} is not a database URL ({type(error).__name__}). Write it as "
            "postgresql://user:password@host:port/name."
        )
        raise RefusedError(msg) from None


def check(url: URL, own: URL | None, allowed_hosts: Collection[str]) -> None:
    """Raise `RefusedError`, with the reason and the cure, unless tests may use `url`.

    Refused are other databases than PostgreSQL, names that do not say `_test`, hosts
    that are neither this machine nor one of `allowed_hosts`, whatever could lead
    elsewhere than the URL says, and `own`, the application's database.
    """
    if url.get_backend_name() != "postgresql":
        _refuse(f"it is for {url.get_backend_name()}", "give a postgresql:// URL")
    name = url.database or ""
    if not NAME.fullmatch(name):
        _refuse(
            f"the database name {name!r} does not end in _test",
            "name a database that is only for tests, such as 'shop_test' (letters, "
            "digits, - and _, at most 48 characters)",
        )
    unknown = set(url.query) - HARMLESS_QUERY
    if unknown and not _socket(url):
        _refuse(
            f"its query sets {', '.join(sorted(unknown))}",
            "leave that out: without a host before it, ?host=/directory may name a "
            "socket; else only TLS settings may stand there",
        )
    if not _is_local(url) and (url.host or "").lower() not in allowed_hosts:
        _refuse(
            f"the host {url.host or ''!r} is not this machine",
            "use localhost or a socket's directory, or, if that server is only for "
            "tests, add the host to `test_database_hosts` in pytest's configuration",
        )
    if own is not None and _may_be_the_same(own, url):
        _refuse(
            "it may be the application's own database, the one in DATABASE_URL",
            "give each of them a name of its own, after the host, as in "
            "postgresql://host/name",
        )


def forget_redirections() -> None:
    """Remove what would lead a driver elsewhere than the URL says."""
    for variable in REDIRECTIONS:
        os.environ.pop(variable, None)


def hide_password(error: BaseException) -> None:
    """Empty the drivers' frames, which hold the password, before pytest shows them."""
    errors = [error]
    for error in errors:  # to which each adds what it was raised from
        for frame, _ in traceback.walk_tb(error.__traceback__):
            package, *_ = str(frame.f_globals.get("__name__")).split(".")
            if package in ("asyncpg", "psycopg", "sqlalchemy"):
                with contextlib.suppress(RuntimeError):  # it is still at work
                    frame.clear()
        for other in (error.__cause__, error.__context__):
            if other is not None and other not in errors:
                errors.append(other)


def database_for_worker(url: URL, suffix: str, role: str = "") -> URL:
    """Return the URL of one worker's database, `suffix` being `_gw0` or empty.

    `role` tells the databases of one worker apart.
    """
    return url.set(database=f"{_stem(url)}{role}_test{suffix}")


def _application_database_url() -> str:
    if not {"PYTEST_XDIST_WORKER", _REMEMBERED} <= os.environ.keys():
        # As the application reads it: without regard to case, and the last one counts.
        settings = [*dotenv_values(".env").items(), *os.environ.items()]
        own = [value for name, value in settings if name.upper() == "DATABASE_URL"]
        os.environ[_REMEMBERED] = (own or [""])[-1] or ""
    return os.environ[_REMEMBERED]


def _stem(url: URL) -> str:
    return re.sub(r"_test(_gw\d+)?$", "", url.database or "")


def _refuse(reason: str, cure: str) -> None:
    msg = f"TEST_DATABASE_URL is refused: {reason}. To cure it, {cure}."
    raise RefusedError(msg)


def _socket(url: URL) -> bool:
    directory = url.query.get("host")
    return (
        not url.host
        and isinstance(directory, str)
        and directory.startswith("/")
        and "," not in directory
        and set(url.query) <= {"host"}
    )


def _is_local(url: URL) -> bool:
    host = (url.host or "").lower()
    with contextlib.suppress(ValueError):
        # After a % there may be a comma, and more hosts.
        return ipaddress.ip_address(host).is_loopback and "%" not in host
    return host == "localhost" or _socket(url)


def _may_be_the_same(own: URL, tests: URL) -> bool:
    # Hosts and ports do not count: many of them may lead to the same server.
    if not own.get_backend_name().startswith("postgres"):
        return False
    if not own.database or {"database", "dbname"} & set(own.query):
        return True
    databases = rf"{re.escape(_stem(tests))}(_template|_kept\d+)?_test(_gw\d+)?"
    return re.fullmatch(databases, own.database) is not None
