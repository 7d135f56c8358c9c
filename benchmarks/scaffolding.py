"""Measures copier: a project made from the template, and one updated."""

import shutil
import tempfile
import time
from pathlib import Path

from tests.matrix.environment import program

from .measuring import run
from .plan import COPY, COPY_EMPTY, COPY_PLAIN, UPDATE

ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
CHANGED = ("tests/harness/leaks.py", "tests/harness/plugin.py.jinja")


class Scaffolding:
    """The template, in two versions, an empty and a plain one, as git repositories.

    The plain one has the files that the template makes of the default answers.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        names = {COPY: "template", COPY_PLAIN: "plain", COPY_EMPTY: "empty"}
        self._folder, self._project = folder, folder / "project"
        self._templates = {kind: folder / name for kind, name in names.items()}
        whole, plain, empty = self._templates.values()
        shutil.copytree(template, whole)
        _release(whole)
        self._copy(whole, self._project)
        shutil.copytree(self._project, plain / "template")
        (plain / "template" / ".copier-answers.yml").unlink()
        (empty / "template").mkdir(parents=True)
        for repository in (plain, empty):
            (repository / "copier.yml").write_text("_subdirectory: template\n")
            answers = "{{ _copier_answers | to_nice_yaml }}"
            (repository / "template" / ANSWERS).write_text(answers)
            _release(repository)
        _release(self._project)
        for name in CHANGED:
            with (whole / "template" / name).open("a") as file:
                file.write("# Changed in the newer version.\n")
        _release(whole, "0.2.0")

    def seconds(self, what: str) -> float:
        """Return the seconds that a whole process takes, one of those in `plan.COPIER`.

        It makes a new project, or updates one to the next version.
        """
        folder = Path(tempfile.mkdtemp(dir=self._folder)) / "project"
        if what == UPDATE:
            shutil.copytree(self._project, folder)
        start = time.perf_counter()
        if what == UPDATE:
            run(folder, program("copier"), "update", "--defaults")
        else:
            self._copy(self._templates[what], folder)
        return time.perf_counter() - start

    def _copy(self, repository: Path, folder: Path) -> None:
        run(self._folder, program("copier"), "copy", "--defaults", repository, folder)


def _release(repository: Path, version: str = "0.1.0") -> None:
    """Commit everything and tag it."""
    run(repository, "git", "init", "--quiet")
    run(repository, "git", "add", "--all")
    run(repository, "git", "commit", "--quiet", "--message", "Change")
    run(repository, "git", "tag", version)
