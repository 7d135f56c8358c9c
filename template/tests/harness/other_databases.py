# fmt: off; isort: skip_file
"""Keeps tests off every database but their own, unless it is named for them."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from sys import addaudithook
from typing import Any
from urllib.parse import unquote
from weakref import WeakSet

import pytest
from dotenv import dotenv_values
from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import ArgumentError

from .database import DATABASES

OTHERS = pytest.StashKey["OtherDatabases"]()
OWN: WeakSet[Dialect] = WeakSet()  # those of the harness's own engines
# What leads to a database, whatever the driver calls it.
KEYS = ("host", "port", "database", "dbname", "db", "dsn", "conninfo", "service")
BYPASS = (
    "Code connects to the test database with an engine of its own, which is not "
    "isolated. Let the test request `session` or `session_factory`: what uses the "
    "session factory then works on its data, and code may have the fixture `engine`. "
    "What binds the factory, as a lifespan may, has to leave it alone if it is bound. "
    "An engine that is made at import can be the tests': `create_engine`, as "
    "application.py of the harness knows it, may return that."
)


class BypassWarning(UserWarning):
    """Code connects to the test database with an engine that nothing isolates."""


class OtherDatabaseError(Exception):
    """Code would reach a database that is not that of the tests."""

    def __init__(self, what: str) -> None:
        msg = f"Code would reach {what}, which nobody has named for tests. If it is "
        msg += "only for them, add its URL, or the variable that holds it, to "
        msg += "`test_databases` in pytest's configuration: what tests commit there "
        msg += "stays."
        super().__init__(msg)


class OtherDatabases:
    """Looks at each connection before it is opened."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._names = config, config.getini("test_databases")
        self._named()
        event.listen(Engine, "do_connect", self._check_connection)
        addaudithook(self._check_file)

    def is_other_file(self, name: str | bytes | os.PathLike[str] | None) -> bool:
        """Return whether that is a SQLite file that tests may not use."""
        if name is None:  # an expression, which only SQLite knows
            return not self._names
        path, query = os.fsdecode(name), ""
        if path.startswith("file:"):
            path, _, query = path.removeprefix("file:").partition("?")
            path = unquote(path)
        in_memory = {"mode=memory", "vfs=memdb"} & {*query.split("&")}
        if path in ("", ":memory:") or in_memory:
            return False
        file = Path(path).resolve()
        urls = [url for url in [*self._urls(), *self._named()] if url.database]
        names = [
            str(url.database) for url in urls if url.get_backend_name() == "sqlite"
        ]
        known = [Path(name.removeprefix("file:")).resolve() for name in names]
        if (temporary := getattr(self._config, "_tmp_path_factory", None)) is not None:
            known.append(temporary.getbasetemp())
        # Plugins of pytest keep what they find in such files.
        is_known = file.name.startswith((".coverage", ".testmondata"))
        return not is_known and not any(file.is_relative_to(one) for one in known)

    def _check_file(self, name: str, args: Sequence[Any]) -> None:
        if name == "sqlite3.connect" and self.is_other_file(args[0]):
            raise OtherDatabaseError(f"a SQLite file outside of tmp_path ({args[0]})")

    def _check_connection(
        self, dialect: Dialect, _: object, args: Any, kw: Any
    ) -> None:
        if dialect in OWN:
            return
        if dialect.name == "sqlite":  # each has a name of its own
            is_own = any(url.database in args for url in self._urls())
        else:  # another server may have one of that name
            is_own = _target(args, kw) in _targets(dialect, self._urls())
        if is_own:
            warnings.warn(BypassWarning(BYPASS), stacklevel=3)
        elif dialect.name != "sqlite":  # its files are looked at by themselves
            own = os.environ.get("TEST_POSTGRESQL_DIRECTORY", "none")  # gone afterwards
            known = _targets(dialect, self._named())
            if own != kw.get("host") and _target(args, kw) not in known:
                where = " ".join(f"{key}={kw[key]}" for key in KEYS[:5] if kw.get(key))
                raise OtherDatabaseError(f"a database of {dialect.name} ({where})")

    def _urls(self) -> list[URL]:
        return [database.url for database in self._config.stash[DATABASES].values()]

    def _named(self) -> list[URL]:
        variables = dotenv_values(".env") | os.environ
        names = [name for name in self._names if not name.isidentifier()]
        values = [variables.get(name) for name in self._names if name not in names]
        try:
            return [make_url(value) for value in [*names, *values] if value]
        except (ArgumentError, ValueError):
            msg = f"test_databases holds {', '.join(names)}, which is neither a URL "
            msg += "nor the name of a variable"
            raise pytest.UsageError(msg) from None


def _target(args: Any, kw: Any) -> Any:
    return [*args], [kw.get(key) for key in KEYS]


def _targets(dialect: Dialect, urls: list[URL]) -> list[Any]:
    kind = [url for url in urls if url.get_backend_name() == dialect.name]
    return [_target(*dialect.create_connect_args(url)) for url in kind]
