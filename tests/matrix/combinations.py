"""Every combination of answers, all pairs of answers, and shards.

Which answers there are comes from `copier.yml`. Here is only what it cannot say:
sample values for questions with free text, and which questions shape no code.
"""

import argparse
import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from .questionnaire import Answers, Questionnaire, Value, choices_of

Item = TypeVar("Item")
Pair = frozenset[tuple[str, Value]]

# What breaks careless templates, by where it breaks them.
HOSTILE_TEXTS = [
    "O'Brien",
    '"quoted"',
    "测试",
    "ends in a backslash \\",
    "{{ 7*7 }}",
    "{% raw %}",
    "<b>&amp;",
    "# x",
    "'''",
    '"""',
]
_MIXTURES = [" ".join(HOSTILE_TEXTS[:4]), " ".join(HOSTILE_TEXTS[4:])]

# Values of the questions that anything can be typed into. The first is the ordinary
# one. A new question of that kind needs an entry: a test says so.
SAMPLE_VALUES: Mapping[str, Sequence[Value]] = {
    "project_name": ["Task Tracker", *_MIXTURES],
    "package_name": ["task_tracker", "_a1", "x" * 40, "Shop"],
    "project_description": ["A service on async SQLModel.", *_MIXTURES, ""],
    "user_name": ["", *_MIXTURES],
    "user_email": ["", "ada@example.com"],
    "coverage_fail_under": [90, 0, 1],
}

# Closed questions whose answers shape text and no code: pairs of them are enough.
TEXT_ONLY = ["python_version", "license"]


class Combinations:
    """The combinations of answers to the questions of a template."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire = questionnaire
        closed = questionnaire.closed
        self.shaping_code = [name for name in closed if name not in TEXT_ONLY]
        self.shaping_text = [
            name for name in questionnaire.asked if name not in self.shaping_code
        ]

    @functools.cached_property
    def every(self) -> list[Answers]:
        """Every reachable combination of the answers that shape code."""
        return self._questionnaire.combinations(self.shaping_code)

    @functools.cached_property
    def pairs(self) -> list[Answers]:
        """Few combinations in which every reachable pair of answers occurs.

        Pairs of all answers: those that shape code, and those that shape text.
        """
        # Dictionaries instead of sets, for an order that is the same in every process.
        left = dict.fromkeys(self.reachable_pairs())
        candidates = [(row, pairs_of(self._code(row).items())) for row in self.every]
        rows = []
        while left:
            # This pair is certain to occur, so every row makes progress.
            required = dict(next(iter(left)))
            code = self._code(required)
            row, _ = max(
                (
                    (row, pairs)
                    for row, pairs in candidates
                    if required.keys() <= row.keys() and code.items() <= row.items()
                ),
                key=lambda candidate: len(left.keys() & candidate[1]),
            )
            rows.append(self._with_text(row, required, left.keys()))
            for pair in pairs_of(rows[-1].items()):
                left.pop(pair, None)
        return rows

    def values(self, name: str) -> Sequence[Value]:
        """Return the values that a question is tried with."""
        sample = SAMPLE_VALUES.get(name)
        return sample or choices_of(self._questionnaire.details[name])

    def reachable_pairs(self) -> Iterable[Pair]:
        """Yield every pair of answers that people can give together."""
        # None stands for all values of an answer that shapes text.
        together = {
            pair: None
            for row in self.every
            for pair in itertools.combinations(
                (dict.fromkeys(row) | self._code(row)).items(), 2
            )
        }
        for pair in together:
            options = [
                [(name, v) for v in self.values(name)]
                if value is None
                else [(name, value)]
                for name, value in pair
            ]
            yield from map(frozenset, itertools.product(*options))

    def name(self, row: Answers) -> str:
        """Return a name for a combination: its answers that shape code."""
        names = {True: "yes", False: "no"}
        values = self._code(row).values()
        return "-".join(
            names[value] if isinstance(value, bool) else str(value) for value in values
        )

    def _code(self, row: Answers) -> dict[str, Value]:
        return {name: row[name] for name in row if name in self.shaping_code}

    def _with_text(
        self, row: Answers, required: Answers, left: Iterable[Pair]
    ) -> Answers:
        """Return `row` with answers that shape text, so that most of `left` occur.

        The answers in `required` are given already.
        """
        wanted = set(left)
        chosen = self._code(row) | dict(required)
        for name in self.shaping_text:
            if name in row and name not in chosen:
                met = {
                    value: {frozenset([(name, value), o]) for o in chosen.items()}
                    for value in self.values(name)
                }
                chosen[name] = max(met, key=lambda value: len(wanted & met[value]))
        return {name: chosen[name] for name in row}


def pairs_of(answers: Iterable[tuple[str, Value]]) -> set[Pair]:
    """Return every pair of these answers."""
    return {frozenset(pair) for pair in itertools.combinations(answers, 2)}


def shard(items: Sequence[Item], number: int, total: int) -> list[Item]:
    """Return the part of `items` that the machine `number` of 1 to `total` runs."""
    return list(items[number - 1 :: total])


def shard_of(text: str) -> tuple[int, int]:
    """Read what is given to `--shard`."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        msg = f"{text!r} is not a shard: write 2/8 for the second of eight"
        raise argparse.ArgumentTypeError(msg)
    return int(match[1]), int(match[2])
