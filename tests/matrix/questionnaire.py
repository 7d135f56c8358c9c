"""The template's questions, read from `copier.yml` with Copier's own classes.

Copier ignores answers to questions that it does not have, and takes answers to
questions that it would not ask. A test that gives such an answer tests nothing, so
here both are errors.
"""

import functools
import shlex
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

# Private, but the only way to read choices, `when` and validators as Copier does.
from copier._main import Worker
from copier._settings import SettingsModel
from copier._types import Phase
from copier._user_data import AnswersMap, Question

from .remembering import Reader, RememberedTemplate

Value = str | int | bool
Answers = Mapping[str, Value]

ANSWERS_FILE = ".copier-answers.yml"


class UnreachableAnswerError(Exception):
    """An answer that nobody could give at Copier's prompts."""


class QuickWorker(Worker):
    """Prepares once what Copier prepares for each path, though it does not change."""

    answers_relpath = Path(ANSWERS_FILE)

    @functools.cached_property
    def _answered(self) -> Any:
        return super()._render_context()

    def _render_context(self) -> Any:
        is_answered = Phase.current() is Phase.RENDER
        return self._answered if is_answered else super()._render_context()


class Questionnaire:
    """The questions of the template in the folder `template`."""

    def __init__(self, template: Path) -> None:
        self._folder = template
        self.worker = self._new_worker(Path("/nonexistent"), {})
        self.jinja = self.worker.jinja_env
        # The same few expressions are rendered for every combination of answers.
        self.jinja.context_class = Reader
        quick: Any = functools.cache(partial(RememberedTemplate, self.jinja))
        self.jinja.from_string = quick  # type: ignore[method-assign]
        # Projects are rendered without that.
        self._plain = self._new_worker(Path("/nonexistent"), {}).jinja_env
        compiled: Any = functools.cache(self._plain.from_string)
        self._plain.from_string = compiled  # type: ignore[method-assign]
        self.details: dict[str, dict[str, Any]] = self.worker.template.questions_data
        # The questions that are ever asked, and those of them that have choices.
        details = self.details
        self.asked = [n for n in details if is_asked(details[n])]
        self.closed = [n for n in self.asked if choices_of(details[n])]
        self._known: dict[frozenset[tuple[str, Value]], dict[str, Any]] = {}

    def complete(self, given: Answers) -> Answers:
        """Return the answer to every question that is asked when `given` is answered.

        The other questions get their defaults. Raises `UnreachableAnswerError` for an
        answer to no question, or to one that is then not asked; raises `ValueError`,
        with Copier's message, for an answer that Copier refuses.
        """
        [answers] = self.combinations((), **given)
        for name in given:
            if name not in answers:
                raise UnreachableAnswerError(f"{name} is not asked for")
        return answers

    def combinations(self, varied: Collection[str], **given: Value) -> list[Answers]:
        """Return every reachable combination of answers to the questions in `varied`.

        The others are answered as `given`, or with their defaults.
        """
        # What somebody has answered up to a question, and what Copier knows then.
        found: list[tuple[dict[str, Value], dict[str, Any]]] = [({}, {})]
        for name in self.details:
            before, found = found, []
            for answers, known in before:
                self.worker.answers = AnswersMap(user=known)
                question = Question(
                    var_name=name,
                    answers=self.worker.answers,
                    context=self.worker._render_context(),
                    jinja_env=self.jinja,
                    **self.details[name],
                )
                if not question.get_when() or not is_asked(self.details[name]):
                    found.append((answers, known | {name: question.get_default()}))
                    continue
                if name in varied:
                    offered = question._formatted_choices
                    candidates = [c.value for c in offered if not c.disabled]
                elif name in given:
                    candidates = [given[name]]
                else:
                    candidates = [question.get_default()]
                for candidate in candidates:
                    value = question.parse_answer(candidate)
                    question.validate_answer(value)
                    found.append((answers | {name: value}, known | {name: value}))
        self._known |= {frozenset(answers.items()): known for answers, known in found}
        return [answers for answers, _ in found]

    def known(self, answers: Answers) -> dict[str, Any]:
        """Return what Copier then knows, also what it does not ask for."""
        if frozenset(answers.items()) not in self._known:
            self.combinations((), **answers)
        return self._known[frozenset(answers.items())]

    def render(self, answers: Answers, folder: Path) -> None:
        """Do what `copier.run_copy` does, without trust in the template."""
        worker = self._new_worker(folder, answers)
        # Most of the time would go into reading copier.yml, compiling templates and
        # asking git about each file of a folder that is no repository.
        worker.__dict__ |= {
            "jinja_env": self._plain,
            "template": self.worker.template,
            "_sync_git_index_executable_bit": lambda *_: None,
        }
        with worker:
            worker.run_copy()

    def _new_worker(self, folder: Path, answers: Answers) -> Worker:
        return QuickWorker(
            src_path=str(self._folder),
            dst_path=folder,
            data=dict(answers),
            defaults=True,
            quiet=True,
            settings=SettingsModel(),
        )


def is_asked(details: Mapping[str, Any]) -> bool:
    """Return whether a question is ever asked."""
    return details.get("when") is not False and details.get("ask") is not False


def choices_of(details: Mapping[str, Any]) -> list[Value]:
    """Return the values that a question may offer, none if anything can be typed in."""
    choices = details.get("choices") or []
    if isinstance(choices, dict):
        choices = choices.values()
    return [c["value"] if isinstance(c, dict) else c for c in choices]


def data(answers: Answers) -> list[str]:
    """Return the options that give these answers to the copier program."""
    return [part for name in answers for part in ("-d", f"{name}={answers[name]}")]


def copier_line(answers: Answers) -> str:
    """Return the shell command that renders a project with `answers`."""
    return shlex.join(
        ["copier", "copy", "--defaults", *data(answers), ".", "/tmp/reproduced"]
    )
