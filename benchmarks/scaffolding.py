"""Measures copier: a project made from the template, and one updated."""

import itertools
import shutil
from pathlib import Path

from tests.matrix.environment import program

from .measuring import run, seconds

ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
CHANGED = ("tests/harness/guard.py", "tests/harness/plugin.py.jinja")


class Scaffolding:
    """The template, in two versions, an empty and a plain one, as git repositories.

    The plain one has the files that the template makes of the default answers.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template, self._empty = folder / "template", folder / "empty"
        self._plain, self._project = folder / "plain", folder / "project"
        shutil.copytree(template, self._template)
        _release(self._template)
        self._copy(self._template, self._project)
        shutil.copytree(self._project, self._plain / "template")
        (self._plain / "template" / ".copier-answers.yml").unlink()
        (self._empty / "template").mkdir(parents=True)
        for repository in (self._plain, self._empty):
            (repository / "copier.yml").write_text("_subdirectory: template\n")
            answers = "{{ _copier_answers | to_nice_yaml }}"
            (repository / "template" / ANSWERS).write_text(answers)
            _release(repository)
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

    def copy_plain(self) -> float:
        """Return the same for the plain template."""
        folder = self._folder / f"copy {next(self._numbers)}"
        return seconds(lambda: self._copy(self._plain, folder))

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


def _release(repository: Path) -> None:
    run(repository, "git", "init", "--quiet")
    _commit(repository, "0.1.0")


def _commit(repository: Path, tag: str = "") -> None:
    run(repository, "git", "add", "--all")
    run(repository, "git", "commit", "--quiet", "--message", "Change")
    if tag:
        run(repository, "git", "tag", tag)
