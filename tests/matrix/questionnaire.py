"""The template's questions, read from `copier.yml` with Copier's own classes.

Copier ignores answers to questions that it does not have, and takes answers to
questions that it would not ask. A test that gives such an answer tests nothing, so
here both are errors.
"""

import functools
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# Private, but the only way to read choices, `when` and validators as Copier does.
from copier._main import Worker
from copier._settings import SettingsModel
from copier._user_data import AnswersMap, Question

Value = str | int | bool
Answers = Mapping[str, Value]
Candidates = Callable[[str, Question], Iterable[Value]]


class UnreachableAnswerError(Exception):
    """An answer that nobody could give at Copier's prompts."""


class Questionnaire:
    """The questions of the template in the folder `template`."""

    def __init__(self, template: Path) -> None:
        worker = Worker(
            src_path=str(template),
            dst_path=Path("/nonexistent"),
            settings=SettingsModel(),
            unsafe=False,
        )
        # The same few expressions are rendered for every combination of answers.
        compiled: Any = functools.cache(worker.jinja_env.from_string)
        worker.jinja_env.from_string = compiled  # type: ignore[method-assign]
        self._worker = worker
        self.jinja = worker.jinja_env
        self.details: dict[str, dict[str, Any]] = worker.template.questions_data
        # The questions that are ever asked, and those of them that have choices.
        self.asked = [
            name
            for name, details in self.details.items()
            if details.get("when") is not False
        ]
        self.closed = [name for name in self.asked if choices_of(self.details[name])]

    def complete(self, given: Answers) -> Answers:
        """Return the answer to every question that is asked when `given` is answered.

        The other questions get their defaults. Raises `UnreachableAnswerError` for an
        answer to no question, or to one that is then not asked; raises `ValueError`,
        with Copier's message, for an answer that Copier refuses.
        """
        unknown = given.keys() - self.asked
        if unknown:
            msg = f"{', '.join(sorted(unknown))}: copier.yml asks no such question"
            raise UnreachableAnswerError(msg)

        def candidates(name: str, question: Question) -> Iterable[Value]:
            return [given[name] if name in given else question.get_default()]

        [answers] = self._walk(list(self.details), {}, {}, candidates)
        hidden = given.keys() - answers.keys()
        if hidden:
            msg = f"{', '.join(sorted(hidden))}: not asked after the other answers"
            raise UnreachableAnswerError(msg)
        return answers

    def combinations(self, questions: Iterable[str]) -> list[Answers]:
        """Return every reachable combination of answers to the closed `questions`.

        The other questions get their defaults.
        """
        varied = set(questions)

        def candidates(name: str, question: Question) -> Iterable[Value]:
            if name not in varied:
                return [question.get_default()]
            if not question.choices:
                return [True, False]
            offered = question._formatted_choices
            return [question.cast_answer(c.value) for c in offered if not c.disabled]

        return list(self._walk(list(self.details), {}, {}, candidates))

    def _walk(
        self,
        names: list[str],
        context: dict[str, Any],
        answers: dict[str, Value],
        candidates: Candidates,
    ) -> Iterator[Answers]:
        """Yield the answers of everyone who picks from `candidates` at each question.

        Raises `ValueError`, with Copier's message, for a candidate that is refused.
        """
        if not names:
            yield answers
            return
        name, *later = names
        question = self._question(name, context)
        if not question.get_when():
            computed = {name: question.get_default()}
            yield from self._walk(later, context | computed, answers, candidates)
            return
        for candidate in candidates(name, question):
            value = question.parse_answer(candidate)
            question.validate_answer(value)
            answer = {name: value}
            yield from self._walk(later, context | answer, answers | answer, candidates)

    def _question(self, name: str, context: dict[str, Any]) -> Question:
        self._worker.answers = AnswersMap(user=context)
        return Question(
            answers=self._worker.answers,
            context=self._worker._render_context(),
            jinja_env=self.jinja,
            var_name=name,
            **self.details[name],
        )

    def render(self, answers: Answers, folder: Path) -> None:
        """Do what `copier.run_copy` does, without trust in the template."""
        worker = Worker(
            src_path=self._worker.src_path,
            dst_path=folder,
            data=dict(answers),
            defaults=True,
            quiet=True,
            settings=SettingsModel(),
            unsafe=False,
        )
        # Three quarters of the time go into reading copier.yml, compiling templates
        # and asking git about each file of a folder that is no repository.
        worker.__dict__ |= {
            "jinja_env": self.jinja,
            "template": self._worker.template,
            "_sync_git_index_executable_bit": lambda *_: None,
        }
        with worker:
            worker.run_copy()


def choices_of(details: Mapping[str, Any]) -> list[Value]:
    """Return the values that a question may offer, none if anything can be typed in."""
    choices = details.get("choices") or []
    if isinstance(choices, dict):
        choices = choices.values()
    elif details.get("type") == "bool":
        choices = [True, False]
    return [c["value"] if isinstance(c, dict) else c for c in choices]


def copier_line(answers: Answers) -> str:
    """Return the shell command that renders a project with `answers`."""
    data = "".join(f" -d {shlex.quote(f'{k}={v}')}" for k, v in answers.items())
    return f"copier copy --defaults{data} . /tmp/reproduced"
