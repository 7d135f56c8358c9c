"""Rendered projects: each is rendered once, and shared by all tests and workers."""

import hashlib
import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from . import environment
from .questionnaire import Answers, Questionnaire, Value, copier_line


@dataclass(frozen=True)
class Project:
    """A rendered project.

    `answers` holds the answer to every question that was asked. `root` is shared, so
    commands that write anything run in a `copy`.
    """

    answers: Answers
    root: Path

    @property
    def package(self) -> str:
        """The name of the project's package."""
        return str(self.answers["package_name"])

    def files(self, pattern: str = "*") -> list[Path]:
        """Return the project's files whose names match `pattern`, relative to it."""
        found = (path for path in self.root.rglob(pattern) if path.is_file())
        return sorted(path.relative_to(self.root) for path in found)

    def read(self, path: str | Path) -> str:
        """Return the text of one of the project's files."""
        return (self.root / path).read_bytes().decode()

    def write(self) -> None:
        """Do nothing: this project is on the disk."""

    def copy(self, folder: Path) -> "Project":
        """Return a copy of the project in the new folder `folder`."""
        shutil.copytree(self.root, folder)
        return Project(self.answers, folder)

    def run(
        self, *command: str | Path, **variables: str | Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's root and return what came of it.

        The test fails, with everything needed to reproduce it, if the command does.
        """
        done = environment.run(self.root, *command, **variables)
        if done.returncode != 0:
            reason = f"exit status {done.returncode}"
            self.fail(reason, command, done.stdout + done.stderr)
        return done

    def fail(
        self, reason: str, command: Sequence[str | Path] = (), output: str = ""
    ) -> None:
        """Fail the test and say how to reproduce what went wrong."""
        line = shlex.join(str(part) for part in command)
        pytest.fail(
            f"{reason}\n"
            f"rendered by: {copier_line(self.answers)}\n"
            f"kept in: {self.root}\n"
            f"command: {line or '(none)'}\n{output}",
            pytrace=False,
        )


class Renderer:
    """Renders projects from the plain folder `template` into the folder `folder`."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.template = template
        self.questionnaire = Questionnaire(template)
        self._folder = folder

    def __call__(self, **answers: Value) -> Project:
        """Return the project for `answers` and the defaults of other questions.

        It is rendered if it has not been before, by any worker. Raises
        `UnreachableAnswerError` for an answer that nobody could give.
        """
        complete = self.questionnaire.complete(answers)
        folder = self._folder / digest(json.dumps(complete, sort_keys=True))
        with once(folder) as first:
            if first:
                self.questionnaire.render(complete, folder)
        return Project(complete, folder)


def digest(*parts: str) -> str:
    """Return a short name for texts, the same for equal ones only."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


@contextmanager
def once(path: Path) -> Iterator[bool]:
    """Hold a lock for the block and yield whether `path` has yet to be made.

    It counts as made when the block ends without an exception. Other workers that
    want it meanwhile wait.
    """
    path.parent.mkdir(exist_ok=True, parents=True)
    done = path.with_name(f"{path.name}.done")
    if done.exists():
        yield False
        return
    with FileLock(path.with_name(f"{path.name}.lock")):
        yield not done.exists()
        done.touch()


def snapshot(folder: Path) -> None:
    """Copy the template's working tree, without its history, into a new folder."""
    repository = environment.REPOSITORY
    list_files = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.check_output(list_files, cwd=repository, text=True).split("\0")
    for name in filter(None, names):
        path = repository / name
        if path.is_file() or path.is_symlink():  # not deleted since the last commit
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            shutil.copy2(path, folder / name, follow_symlinks=False)
