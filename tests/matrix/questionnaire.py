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

import jinja2

# Private, but the only way to read choices, `when` and validators as Copier does.
from copier._main import Worker
from copier._settings import SettingsModel
from copier._user_data import AnswersMap, Question

Value = str | int | bool
Answers = Mapping[str, Value]
Candidates = Callable[[str, Question], Iterable[Value]]


class PhantomAnswerError(Exception):
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
        self.details: dict[str, dict[str, Any]] = worker.template.questions_data

    @property
    def jinja(self) -> jinja2.Environment:
        """The environment that Copier renders the template in."""
        return self._worker.jinja_env

    @property
    def asked(self) -> list[str]:
        """The names of the questions that are ever asked, in their order."""
        return [
            name
            for name, details in self.details.items()
            if details.get("when", True) is not False
        ]

    @property
    def closed(self) -> list[str]:
        """The names of the questions with choices, or with yes and no."""
        return [
            name
            for name in self.asked
            if self.details[name].get("choices")
            or self.details[name].get("type") == "bool"
        ]

    @functools.cache  # noqa: B019 - there are a handful of questionnaires at most
    def choices(self, name: str) -> list[Value]:
        """Return all values that the closed question `name` may offer.

        Whether it is asked may depend on one other answer, not yet on two together.
        """
        found: dict[Value, None] = {}
        for other in self.closed:
            for answers in self.walk(self._closed_candidates(name, other)):
                if name in answers:
                    found[answers[name]] = None
        assert found, f"{name} is never asked"
        return list(found)

    def complete(self, given: Answers) -> Answers:
        """Return the answer to every question that is asked when `given` is answered.

        The other questions get their defaults. Raises `PhantomAnswerError` for an
        answer to no question, or to one that is then not asked; raises `ValueError`,
        with Copier's message, for an answer that Copier refuses.
        """
        unknown = given.keys() - self.asked
        if unknown:
            msg = f"{', '.join(sorted(unknown))}: copier.yml asks no such question"
            raise PhantomAnswerError(msg)

        def candidates(name: str, question: Question) -> Iterable[Value]:
            return [given[name] if name in given else question.get_default()]

        [answers] = self.walk(candidates)
        hidden = given.keys() - answers.keys()
        if hidden:
            msg = f"{', '.join(sorted(hidden))}: not asked after the other answers"
            raise PhantomAnswerError(msg)
        return answers

    def combinations(self, questions: Iterable[str]) -> list[Answers]:
        """Return every reachable combination of answers to the closed `questions`.

        The other questions get their defaults.
        """
        return list(self.walk(self._closed_candidates(*questions)))

    def walk(self, candidates: Candidates) -> Iterator[Answers]:
        """Yield the answers of everyone who picks from `candidates` at each question.

        Raises `ValueError`, with Copier's message, for a candidate that is refused.
        """
        yield from self._walk(list(self.details), {}, {}, candidates)

    def _walk(
        self,
        names: list[str],
        context: dict[str, Any],
        answers: dict[str, Value],
        candidates: Candidates,
    ) -> Iterator[Answers]:
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
            jinja_env=self._worker.jinja_env,
            var_name=name,
            **self.details[name],
        )

    def _closed_candidates(self, *varied: str) -> Candidates:
        def candidates(name: str, question: Question) -> Iterable[Value]:
            if name not in varied:
                return [question.get_default()]
            if question.get_type_name() == "bool" and not question.choices:
                return [True, False]
            offered = question._formatted_choices
            return [question.cast_answer(c.value) for c in offered if not c.disabled]

        return candidates


def copier_line(answers: Answers) -> str:
    """Return the shell command that renders a project with `answers`."""
    data = "".join(f" -d {shlex.quote(f'{k}={v}')}" for k, v in answers.items())
    return f"copier copy --defaults{data} . /tmp/reproduced"
