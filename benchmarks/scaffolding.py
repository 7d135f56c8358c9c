"""Measures copier: a project made from the template, and one updated."""

import shutil
import tempfile
from pathlib import Path

from tests.matrix.environment import program

from .measuring import run
from .plan import COPY, COPY_EMPTY, COPY_PLAIN, UPDATE

ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
CHANGED = ("tests/harness/leaks.py", "tests/harness/plugin.py")


class Scaffolding:
    """The template, in two versions, an empty and a plain one, as git repositories.

    The plain one has the files that the template makes of the default answers.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder, self._project = folder, folder / "project"
        whole, plain, empty = (folder / name for name in ("whole", "plain", "empty"))
        self._templates = {COPY: whole, COPY_PLAIN: plain, COPY_EMPTY: empty}
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

    def seconds(self, process: str) -> float:
        """Return the seconds that one of the processes in `plan.COPIER` takes."""
        folder = Path(tempfile.mkdtemp(dir=self._folder)) / "project"
        if process != UPDATE:
            return self._copy(self._templates[process], folder)
        shutil.copytree(self._project, folder)
        return run(folder, program("copier"), "update", "--defaults")[1]

    def _copy(self, repository: Path, folder: Path) -> float:
        command = (program("copier"), "copy", "--defaults", repository, folder)
        return run(self._folder, *command)[1]


def _release(repository: Path, version: str = "0.1.0") -> None:
    """Commit everything and tag it."""
    for command in ("init", "add --all", "commit --message Change", f"tag {version}"):
        run(repository, "git", *command.split())
