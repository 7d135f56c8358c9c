"""Every combination of answers, all pairs of answers, and shards.

Which answers there are comes from `copier.yml`. Here is only what it cannot say:
telling values for questions with free text, and which questions shape no code.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from .questionnaire import Answers, Questionnaire, Value

Item = TypeVar("Item")
Pair = frozenset[tuple[str, Value]]

# What breaks careless templates, by where it breaks them.
HOSTILE_TEXTS = (
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
)
_MIXTURES = [" ".join(HOSTILE_TEXTS[:4]), " ".join(HOSTILE_TEXTS[4:])]

# Values of the questions that anything can be typed into. The first is the ordinary
# one. A new question of that kind needs an entry: a test says so.
TELLING_VALUES: Mapping[str, Sequence[Value]] = {
    "project_name": ["Task Tracker", *_MIXTURES],
    "package_name": ["task_tracker", "_a1", "x" * 40, "Shop"],
    "project_description": ["A service on async SQLModel.", *_MIXTURES, ""],
    "user_name": ["", *_MIXTURES],
    "user_email": ["", "ada@example.com"],
    "coverage_fail_under": [90, 0, 1],
}

# Closed questions whose answers shape text and no code: pairs of them are enough.
TEXT_ONLY = ("python_version", "license")


class Combinations:
    """The combinations of answers to the questions of a template."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire = questionnaire
        self.shaping_code = [
            name for name in questionnaire.closed if name not in TEXT_ONLY
        ]
        self.shaping_text = [
            name for name in questionnaire.asked if name not in self.shaping_code
        ]

        self._text_values = {
            name: questionnaire.choices(name)
            if name in questionnaire.closed
            else TELLING_VALUES[name]
            for name in self.shaping_text
        }

    def every(self) -> list[Answers]:
        """Return every reachable combination of the answers that shape code."""
        return self._questionnaire.combinations(self.shaping_code)

    def pairs(self) -> list[Answers]:
        """Return few combinations in which every reachable pair of answers occurs.

        Pairs of all answers: those that shape code, and those that shape text.
        """
        every = self.every()
        # In an order that is the same in every process.
        reachable_pairs = [self._reachable_pairs(row) for row in every]
        uncovered = dict.fromkeys(pair for row in reachable_pairs for pair in row)
        # Sets as bits of integers: it takes a tenth of the time.
        bits = {pair: 1 << number for number, pair in enumerate(uncovered)}
        by_bit = {bit: pair for pair, bit in bits.items()}
        code_bits = [_union(bits[p] for p in self._code_pairs(row)) for row in every]
        all_bits = [_union(bits[pair] for pair in row) for row in reachable_pairs]
        left = _union(bits.values())
        rows = []
        while left:
            gains = (
                ((code & left).bit_count(), (both & left).bit_count())
                for code, both in zip(code_bits, all_bits, strict=True)
            )
            best = max(enumerate(gains), key=lambda gain: gain[1])[0]
            # One uncovered pair is certain to occur, so every row makes progress.
            reachable = all_bits[best] & left
            seed = by_bit[reachable & -reachable]
            row = self._with_text(every[best], seed, left, bits)
            rows.append(row)
            left &= ~_union(bits[pair] for pair in pairs_of(row))
        return rows

    def values(self, name: str) -> Sequence[Value]:
        """Return the values that a question is tried with."""
        return self._text_values.get(name) or self._questionnaire.choices(name)

    def _with_text(
        self, row: Answers, seed: Pair, left: int, bits: Mapping[Pair, int]
    ) -> Answers:
        """Answer the questions that shape text so that most pairs of `left` occur.

        `seed` is a pair that has to occur.
        """
        chosen = {name: row[name] for name in row if name in self.shaping_code}
        chosen |= dict(seed)

        def gain(name: str, value: Value) -> int:
            met = (frozenset([(name, value), other]) for other in chosen.items())
            found = (bits[pair] for pair in met)
            return (_union(found) & left).bit_count()

        for name in self.shaping_text:
            if name in row and name not in chosen:
                best = max(self._text_values[name], key=lambda value: gain(name, value))
                chosen[name] = best
        return {name: chosen[name] for name in row}

    def _code_pairs(self, row: Answers) -> set[Pair]:
        return pairs_of({name: row[name] for name in row if name in self.shaping_code})

    def _reachable_pairs(self, row: Answers) -> list[Pair]:
        """Return the pairs that occur in `row` with whatever text."""
        options = {
            name: self._text_values[name] if name in self.shaping_text else [row[name]]
            for name in row
        }
        return [
            frozenset([(one, first), (other, second)])
            for one, other in itertools.combinations(options, 2)
            for first in options[one]
            for second in options[other]
        ]


def pairs_of(row: Answers) -> set[Pair]:
    """Return every pair of answers that occurs in `row`."""
    return {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}


def shard(items: Sequence[Item], number: int, total: int) -> list[Item]:
    """Return the part of `items` that the machine `number` of 1 to `total` runs."""
    return list(items[number - 1 :: total])


def _union(sets: Iterable[int]) -> int:
    union = 0
    for bits in sets:
        union |= bits
    return union
