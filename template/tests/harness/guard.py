# fmt: off; isort: skip_file
"""Which PostgreSQL database the tests may use: the rules for TEST_DATABASE_URL.

They look at the URLs alone, before anything is connected. The application's settings
are read only to make sure that the tests use another database.
"""

import contextlib
import ipaddress
import os
import re
import traceback
from collections.abc import Collection

import pytest
from dotenv import dotenv_values
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .environment import NAMES, url_in

# The main process tells its workers what the settings were before.
_REMEMBERED = "TEST_APPLICATION_DATABASE_URL"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,43}_test(_gw[0-9]+)?")
_TLS_SETTINGS = {"sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"}
# With these variables a driver would connect elsewhere than the URL says.
_REDIRECTIONS = ["PGDATABASE", "PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGPORT"]
_REDIRECTIONS += ["PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"]


def check(value: str, own: str, allowed_hosts: Collection[str]) -> URL:
    """Return the URL in `value`, that of TEST_DATABASE_URL, if tests may use it.

    Otherwise `pytest.UsageError` gives the reason and the fix. `own` is the
    application's database, or empty.
    """
    url = _parse("TEST_DATABASE_URL", value)
    name, host = url.database or "", url.host or ""
    others = ", ".join(sorted(set(url.query) - _TLS_SETTINGS))
    if value.count("@") > (url.username is not None):
        # First, because the other rules quote what may be half of a password.
        problem = "it contains an unescaped @. Fix: write %40 for every @ except the "
        problem += "one before the host"
    elif url.get_backend_name() != "postgresql":
        problem = f"it is for {url.get_backend_name()}. Fix: give a postgresql:// URL"
    elif not _NAME.fullmatch(name):
        problem = f"the database name {name!r} does not end in _test. Fix: name a "
        problem += "database that is only for tests, such as 'shop_test' (letters, "
        problem += "digits, - and _, at most 48 characters)"
    elif others and not _is_socket(url):
        problem = f"its query sets {others}. Fix: remove that; only TLS settings are "
        problem += "allowed, or ?host=/directory in a URL without a host"
    elif not _is_local(url) and host.lower() not in map(str.lower, allowed_hosts):
        problem = f"the host {host!r} is not this machine. Fix: use localhost or a "
        problem += "socket's directory, or, if that server is only for tests, add it "
        problem += "to `test_database_hosts` in pytest's configuration"
    elif own and _may_be_the_same(_parse(NAMES[0], own), url):
        problem = f"it may be the application's own database, the one in {NAMES[-1]}. "
        problem += "Fix: give each its own name, as in postgresql://host/name"
    else:
        return url
    raise pytest.UsageError(f"TEST_DATABASE_URL is refused: {problem}.")


def application_database_url() -> str:
    """Return the URL of the application's database, as it reads it, or nothing."""
    if not {"PYTEST_XDIST_WORKER", _REMEMBERED} <= os.environ.keys():
        settings = [*dotenv_values(".env").items(), *os.environ.items()]
        values = {name.upper(): value for name, value in settings}  # the last one wins
        own = {name: values.get(name.upper()) for name in NAMES}
        os.environ[_REMEMBERED] = url_in(own)
    return os.environ[_REMEMBERED]


def forget_redirections() -> None:
    """Remove the variables that would lead a driver elsewhere than the URL says."""
    for variable in _REDIRECTIONS:
        os.environ.pop(variable, None)


def database_for_worker(url: URL, suffix: str, role: str = "") -> URL:
    """Return the URL of a database of the worker `suffix`, such as `_gw0`."""
    return url.set(database=f"{_stem(url)}{role}_test{suffix}")


def hide_password(error: BaseException | None) -> None:
    """Empty the drivers' frames, which hold the password, before pytest shows them."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            module = str(frame.f_globals.get("__name__"))
            if module.startswith(("asyncpg.", "psycopg.", "sqlalchemy.")):
                with contextlib.suppress(RuntimeError):  # it is still at work
                    frame.clear()
        error = error.__cause__ or error.__context__


def _parse(variable: str, value: str) -> URL:
    try:
        if "%00" in value or not value.isprintable():
            # A driver would stop reading there, and take its defaults for the rest.
            raise ValueError
        return make_url(value)
    except (ArgumentError, ValueError) as error:
        # Neither the value nor the parser's message: both may hold a password.
        msg = f"{variable} is not a database URL ({type(error).__name__}). Write it as "
        msg += "postgresql://user:password@host:port/name."
        raise pytest.UsageError(msg) from None


def _stem(url: URL) -> str:
    return re.sub(r"_test(_gw\d+)?$", "", url.database or "")


def _is_socket(url: URL) -> bool:
    host = str(url.query.get("host"))  # several begin with a parenthesis
    is_directory = host.startswith("/") and "," not in host
    return is_directory and not url.host and set(url.query) == {"host"}


def _is_local(url: URL) -> bool:
    host = (url.host or "").lower()
    with contextlib.suppress(ValueError):
        # After a % there may be a comma, and more hosts.
        return ipaddress.ip_address(host).is_loopback and "%" not in host
    return host == "localhost" or _is_socket(url)


def _may_be_the_same(own: URL, tests: URL) -> bool:
    # Hosts and ports do not count: many of them may lead to the same server.
    if not own.get_backend_name().startswith("postgres"):
        return False
    if not own.database or {"database", "dbname"} & set(own.query):
        return True
    databases = rf"{re.escape(_stem(tests))}(_template|_new[0-9]+)?_test(_gw\d+)?"
    return re.fullmatch(databases, own.database) is not None
