"""What is known to pass, from this run and earlier ones.

An entry is made only by a check that passed. Its key covers everything that can
change the result: what was rendered, the lock file, the interpreter and what is
installed for it, and this package. `pytest --cache-clear` forgets everything.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from filelock import FileLock

from . import environment


def key(
    *parts: str,
    lock: Path = environment.LOCK,
    interpreter: Sequence[str] | None = None,
    runner: Path = Path(__file__).parent,
) -> str:
    """Return the key of a check that depends on `parts` and on its surroundings.

    These are the lock file, the interpreter with everything installed for it, and the
    modules in the folder `runner`.
    """
    about = environment.fingerprint() if interpreter is None else interpreter
    return _digest([*parts, lock.read_text(), *about, _contents(runner)])


class KnownResults:
    """The keys of the checks that have passed, as files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True, parents=True)

    def has(self, key: str) -> bool:
        """Return whether the check is known to pass."""
        return (self._folder / key).exists()

    def add(self, key: str) -> None:
        """Note that the check has passed."""
        (self._folder / key).touch()

    def passed(self, key: str, check: Callable[[], None]) -> bool:
        """Run `check` unless it is known to pass; return whether it was run.

        If it raises, so does this, and nothing is remembered. Equal checks of other
        workers wait for this one.
        """
        if self.has(key):
            return False
        with FileLock(self._folder / f"{key}.lock"):
            if self.has(key):
                return False
            check()
            self.add(key)
        return True


@functools.cache
def _contents(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return _digest(part for p in files for part in (p.name, p.read_text()))


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}\0".encode() + data)
    return digest.hexdigest()
