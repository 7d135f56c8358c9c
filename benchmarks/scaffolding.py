"""Measures copier: a project made from the template, and one updated."""

import itertools
import shutil
from pathlib import Path

from tests.matrix.environment import program

from .measuring import run, seconds

ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
CHANGED = ("tests/harness/guard.py", "tests/harness/plugin.py.jinja")


class Scaffolding:
    """The template, in two versions, and an empty one, as git repositories."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template, self._empty = folder / "template", folder / "empty"
        self._project = folder / "project"
        (self._empty / "template").mkdir(parents=True)
        (self._empty / "copier.yml").write_text("_subdirectory: template\n")
        (self._empty / "template" / ANSWERS).write_text(
            "{{ _copier_answers | to_nice_yaml }}"
        )
        shutil.copytree(template, self._template)
        for repository in (self._template, self._empty):
            run(repository, "git", "init", "--quiet")
            _commit(repository, "0.1.0")
        self._copy(self._template, self._project)
        run(self._project, "git", "init", "--quiet")
        _commit(self._project)
        for name in CHANGED:
            with (self._template / "template" / name).open("a") as file:
                file.write("# Changed in the newer version.\n")
        _commit(self._template, "0.2.0")

    def copy(self) -> float:
        """Return the seconds that a new project takes, as a whole process."""
        folder = self._folder / f"copy {next(self._numbers)}"
        return seconds(lambda: self._copy(self._template, folder))

    def copy_empty(self) -> float:
        """Return the same for the empty template."""
        folder = self._folder / f"copy {next(self._numbers)}"
        return seconds(lambda: self._copy(self._empty, folder))

    def update(self) -> float:
        """Return the seconds that an update to the next version takes."""
        folder = self._folder / f"update {next(self._numbers)}"
        shutil.copytree(self._project, folder)
        return seconds(lambda: run(folder, program("copier"), "update", "--defaults"))

    def _copy(self, repository: Path, folder: Path) -> None:
        command = [program("copier"), "copy", "--defaults"]
        run(self._folder, *command, repository, folder)


def _commit(repository: Path, tag: str = "") -> None:
    run(repository, "git", "add", "--all")
    run(repository, "git", "commit", "--quiet", "--message", "Change")
    if tag:
        run(repository, "git", "tag", tag)
