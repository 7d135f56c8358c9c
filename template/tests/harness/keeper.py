# fmt: off; isort: skip_file
"""Runs a PostgreSQL server until its standard input closes, then deletes its files.

A script for a child process, on the standard library alone. However the tests end, the
pipe to it closes.
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# The data is thrown away, so nothing has to survive a crash. Everything that has to
# be deleted is in one directory, the shared memory and the socket too. Nobody else may
# enter it, so there are no passwords, but for connections by TCP.
SETTINGS = """
fsync=off full_page_writes=off synchronous_commit=off wal_level=minimal
max_wal_senders=0 max_connections=300 dynamic_shared_memory_type=mmap
""".split()
# The locale is the same on every system, whatever locales that one has.
INITDB = """
--username=postgres --auth-local=trust --auth-host=scram-sha-256 --no-sync
--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
--wal-segsize=1
""".split()
# What initdb has made, which takes longer than all the rest, is kept for the next run.
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111


def keep(directory: Path, programs: Path) -> None:
    """Run a server in `directory` until standard input closes, then remove both."""
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and another user may not be able to reach
        # the programs, or the libraries beside them, where they are.
        package = programs.parent.parent
        unused = shutil.ignore_patterns("include", "*.a")
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, directory / folder.name, ignore=unused)
        programs = directory / programs.relative_to(package.parent)
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data, postgres = directory / "data", programs / "postgres"
    initdb = [str(programs / "initdb"), f"--pgdata={data}", *INITDB]
    initdb += [f"--set={setting}" for setting in SETTINGS]
    # What initdb makes depends on the time zone, too.
    zone = (os.environ.get("TZ"), os.path.realpath("/etc/localtime"), time.tzname)
    about = (initdb[2:], postgres.stat().st_size, postgres.stat().st_mtime_ns, zone)
    number = hashlib.sha256(repr(about).encode()).hexdigest()[:16]
    kept = Path(CACHE) / "postgresql-for-tests" / f"{number}.tar"
    if not _unpack(kept, data, options):
        if subprocess.run(initdb, check=False, **options).returncode != 0:
            sys.exit(1)  # its messages are in the log
        with suppress(OSError):
            _pack(data, kept, options)
    command = [str(postgres), "-D", str(data), "-k", str(directory)]
    command += ["-p", os.environ["PORT"]]
    command += ["-c", f"listen_addresses={os.environ['ADDRESSES']}"]
    server = subprocess.Popen(command, **options)
    status = data / "postmaster.pid"  # its last line is the server's state
    while not status.exists() or not status.read_text().rstrip().endswith("ready"):
        if server.poll() is not None:
            kept.unlink(missing_ok=True)
            sys.exit(1)
        time.sleep(0.01)
    (directory / "ready").touch()
    sys.stdin.buffer.read()
    server.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
    server.wait()
    if status.exists():  # the server was killed, or it would have freed its memory
        ctypes.CDLL(None).shmctl(int(status.read_text().split()[-2]), 0, None)
    shutil.rmtree(directory, ignore_errors=True)


def _unpack(kept: Path, data: Path, options: dict[str, Any]) -> bool:
    tar = ["tar", "-xf-", "-C", str(data.parent)]
    with suppress(OSError), kept.open("rb") as file:
        done = subprocess.run(tar, check=False, **options | {"stdin": file})
        if done.returncode == 0:
            return True
        shutil.rmtree(data, ignore_errors=True)
    return False


def _pack(data: Path, kept: Path, options: dict[str, Any]) -> None:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent) as file:
        tar = ["tar", "-cf-", "-C", str(data.parent), data.name]
        if subprocess.run(tar, check=False, **options, stdout=file).returncode == 0:
            Path(file.name).replace(kept)  # at once, as other runs may do the same


if __name__ == "__main__":
    keep(Path.cwd(), Path(os.environ["PROGRAMS"]))
