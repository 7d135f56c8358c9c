"""A directory for the database's files that is gone at the end, in whatever way."""

import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

# Deletes the directory when its standard input closes: when the tests end, or are
# killed.
KEEPER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], True)"


class Directory:
    """A directory that exists from `make` to `remove`; its `path` is known before."""

    def __init__(self) -> None:
        self.path = Path(tempfile.gettempdir()) / f"sqlite-{uuid.uuid4().hex[:12]}"

    def make(self) -> None:
        """Create the directory, and a process that removes it if the tests cannot."""
        self.path.mkdir(mode=0o700)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-c", KEEPER, self.path],
            stdin=subprocess.PIPE,
            # Ctrl-C is for the tests, which then close the pipe.
            start_new_session=True,
        )

    def remove(self) -> None:
        """Remove the directory with everything in it."""
        self._keeper.communicate()
        shutil.rmtree(self.path, ignore_errors=True)  # if the keeper was killed
