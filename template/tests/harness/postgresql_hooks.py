# fmt: off; isort: skip_file
"""What PostgreSQL needs of pytest: settings, a server, and errors without passwords."""

import os

import pytest

from . import guard
from .database import DATABASES
from .server import SERVER


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    what = "hosts, besides this machine, whose PostgreSQL is only for tests"
    parser.addini("test_database_hosts", what, type="args")
    what = "how long a statement waits for a lock on PostgreSQL, such as 500ms"
    parser.addini("test_database_lock_timeout", what, default="5s")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server now, so that it comes up while tests are collected."""
    config = session.config
    is_needed = "postgresql" in config.stash[DATABASES] and SERVER in config.stash
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if is_needed and not is_worker and not config.option.collectonly:
        config.stash[SERVER].start()
        config.add_cleanup(config.stash[SERVER].stop)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Keep passwords out of errors; end the run when the server has stopped."""
    if call.excinfo:
        guard.hide_password(call.excinfo.value)
        server = item.config.stash.get(SERVER, None)
        if server and server.has_stopped():
            item.session.shouldstop = "PostgreSQL has stopped in the middle of the run"
