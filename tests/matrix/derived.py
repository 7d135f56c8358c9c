"""The files of every combination of answers, without Copier's work for each of them.

A file is rendered once for all answers that it reads. That the files are those that
Copier renders, a test finds out.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

# Private, as in `questionnaire.py`.
from copier._user_data import AnswersMap

from .projects import Project
from .questionnaire import ANSWERS_FILE, Answers, Questionnaire
from .remembering import Remembered, Variables


@dataclass(frozen=True)
class Derived(Project):
    """A project that is not on the disk until something has to read it there."""

    texts: Mapping[str, str]

    def files(self, pattern: str = "*") -> list[Path]:
        """Return the project's files whose names match `pattern`."""
        return [path for p in self.texts if fnmatch((path := Path(p)).name, pattern)]

    def read(self, path: str | Path) -> str:
        """Return the text of one of the project's files."""
        return self.texts[str(path)]

    def write(self) -> None:
        """Write the project to its root, unless that has been done."""
        for path, text in self.texts.items() if not self.root.exists() else ():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(text.encode())

    def fail(self, *args: Any) -> None:
        """Write the project, and fail."""
        self.write()
        super().fail(*args)


class Deriver:
    """Makes projects from answers: all but what is in the answers file."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire, worker = questionnaire, questionnaire.worker
        self._matches = functools.cache(
            lambda pattern, path: worker._path_matcher([pattern])(Path(path))
        )
        jinja, root = questionnaire.jinja, worker.template.local_abspath / "template"
        self._sources: list[tuple[Any, Callable[[Variables], str]]] = []
        for source in filter(Path.is_file, sorted(root.rglob("*"))):
            text = Remembered(_constant(source))
            if source.suffix == ".jinja":
                name = source.relative_to(worker.template.local_abspath).as_posix()
                text = Remembered(jinja.get_template(name).render)
            path = source.relative_to(root).as_posix().removesuffix(".jinja")
            self._sources.append((jinja.from_string(path), text))
        self._exclusions = [*map(jinja.from_string, worker.all_exclusions)]
        # What Copier adds to the answers.
        worker.answers = AnswersMap()
        self._added = {**worker._render_context(), "_copier_operation": "copy"}

    def __call__(self, answers: Answers, root: Path) -> Derived:
        """Return the project of these answers, whose folder would be `root`."""
        variables = self._added | self._questionnaire.known(answers)
        rendered = [x.render(variables) for x in self._exclusions]
        exclusions = {line.strip() for x in rendered for line in x.splitlines()} - {""}
        texts = {}
        for source, text in self._sources:
            path = source.render(variables)
            is_excluded = any(self._matches(x, path) for x in exclusions)
            if path != ANSWERS_FILE and not is_excluded:
                texts[path] = text(variables)
        return Derived(answers, root, texts)


def _constant(source: Path) -> Callable[[Variables], str]:
    """Return what renders a file that is no template."""
    text = source.read_bytes().decode()
    return lambda _: text
