"""The guard's rules for PostgreSQL.

The tests use the server in `TEST_DATABASE_URL`, or start one. `DATABASE_URL` is read
only to make sure that it is another database. All rules here look at the URLs alone,
before any connection is opened.
"""

import contextlib
import ipaddress
import os
import re
import socket
from collections.abc import Collection
from typing import Any

from dotenv import dotenv_values
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .guard import RefusedError

# Where the process that pytest was started in leaves the application's setting for
# its workers, because the guard overwrites DATABASE_URL.
_REMEMBERED = "TEST_APPLICATION_DATABASE_URL"
NAME = re.compile(r"[A-Za-z0-9_-]{1,43}_test(_gw\d+)?")
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
    own = _application_database_url()
    check(url, parse("DATABASE_URL", own) if own else None, allowed_hosts)
    return url


def parse(variable: str, value: str) -> URL:
    """Return `value`, from `variable`, as a URL; raise `RefusedError` if it is none."""
    try:
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
            f"the host {url.host!r} is not this machine",
            "use localhost or a socket's directory, or, if that server is only for "
            "tests, add the host to `test_database_hosts` in pytest's configuration",
        )
    if own is not None and _may_be_the_same(own, url):
        _refuse(
            "it may be the application's own database, the one in DATABASE_URL",
            "give the tests a database with a name of its own",
        )


def forget_redirections() -> None:
    """Remove what would lead a driver elsewhere than the URL says."""
    for variable in REDIRECTIONS:
        os.environ.pop(variable, None)


def database_for_worker(url: URL, suffix: str, role: str = "") -> URL:
    """Return the URL of one worker's database, `suffix` being `_gw0` or empty.

    `role` tells the databases of one worker apart.
    """
    return url.set(database=f"{_stem(url)}{role}_test{suffix}")


def _application_database_url() -> str:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # Without regard to case, as the application reads it.
        settings = [*os.environ.items(), *dotenv_values(".env").items()]
        own = (value for name, value in settings if name.upper() == "DATABASE_URL")
        os.environ[_REMEMBERED] = next(own, None) or ""
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
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or _socket(url)


def _may_be_the_same(own: URL, tests: URL) -> bool:
    if own.get_backend_name() != "postgresql":
        return False
    databases = rf"{re.escape(_stem(tests))}(_template)?_test(_gw\d+)?"
    named_elsewhere = not own.database or {"dbname", "service"} & set(own.query)
    if not named_elsewhere and not re.fullmatch(databases, own.database or ""):
        return False
    # Ports do not count: a forwarded port leads to the same server.
    addresses = [_addresses(own), _addresses(tests)]
    return not all(addresses) or not addresses[0].isdisjoint(addresses[1])


def _addresses(url: URL) -> set[str]:
    """Return the host's addresses, `local` for this machine, none if unknown."""
    if _is_local(url):
        return {"local"}
    found: list[Any] = []
    if "host" not in url.query:
        with contextlib.suppress(OSError, UnicodeError):
            found = socket.getaddrinfo(url.host, url.port or 5432)
    addresses = {str(address[0]) for *_, address in found}
    return {
        "local" if ipaddress.ip_address(address).is_loopback else address
        for address in addresses
    }
