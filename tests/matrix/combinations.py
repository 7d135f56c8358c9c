"""Every combination of answers, and all pairs of answers.

Which answers there are comes from `copier.yml`. Here is only what it cannot say:
sample values for questions with free text, and which questions shape no code.
"""

import functools
import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from .questionnaire import Answers, Questionnaire, Value, choices_of

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
    "coverage_fail_under": ["90", "0", "1"],
    "entity": ["Invoice"],
    "plural": ["invoices"],
    "fields": ["number:str(20) unique, task:ref?"],
    "harness_package": ["db_harness", "_h1"],
    "metadata": ["shop.models:Base"],
    "model_modules": ["", "shop.users, shop.orders"],
    "session_factory": ["shop.db:make_session"],
    "engine_factory": ["", "shop.db:make_engine"],
    "database_variables": ["DATABASE_URL", "DB_HOST, DB_PORT, DB_USER, DB_PASS, DB"],
    "alembic_config": ["alembic.ini"],
}

# Closed questions whose answers shape text and no code: pairs of them are enough.
TEXT_ONLY = ["python_version", "license", "ci"]
# Those that only an existing repository is asked, and whether there is one.
ADOPTION = ["scope", "schema_from", "soft_delete"]


class Combinations:
    """The combinations of answers to the questions about a new repository."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        asked, closed = questionnaire.asked, questionnaire.closed
        self.shaping_code = [
            name for name in closed if name not in TEXT_ONLY + ADOPTION
        ]
        others = self.shaping_code + ADOPTION
        self.shaping_text = [name for name in asked if name not in others]

    @functools.cached_property
    def every(self) -> list[Answers]:
        """Every reachable combination of the answers that shape code."""
        return self.questionnaire.combinations(self.shaping_code)

    @functools.cached_property
    def groups(self) -> dict[str, list[Answers]]:
        """All of them, by the answers that shape most: database and isolation."""
        found = defaultdict(list)
        for row in self.every:
            first = [str(row[name]) for name in self.shaping_code[:3] if name in row]
            found["-".join(first)].append(row)
        return found

    @functools.cached_property
    def pairs(self) -> list[Answers]:
        """Few combinations in which every reachable pair of answers occurs.

        Pairs of all answers: those that shape code, and those that shape text.
        """
        # Whatever shapes text is picked at random, the same in every process.
        pick = random.Random(0).choice
        candidates = []
        for row in self.every:
            texts = [name for name in self.shaping_text if name in row]
            picked = {name: pick(self.values(name)) for name in texts}
            candidates.append({**row, **picked})
        return covering(candidates)

    def values(self, name: str) -> Sequence[Value]:
        """Return the values that a question is tried with."""
        sample = SAMPLE_VALUES.get(name)
        return sample or choices_of(self.questionnaire.details[name])

    def name(self, row: Answers) -> str:
        """Return a name for a combination: its answers that shape code."""
        return "-".join(str(row[name]) for name in self.shaping_code if name in row)


def covering(rows: Sequence[Answers]) -> list[Answers]:
    """Return few of the rows, in which every pair of answers of any row occurs."""
    pairs = [set(itertools.combinations(row.items(), 2)) for row in rows]
    left = set().union(*pairs)
    # How many pairs a row adds, negative: the best row comes first. Others never add
    # more than they did before, so most need not be counted again.
    heap = [(-len(own), number) for number, own in enumerate(pairs)]
    heapq.heapify(heap)
    found = []
    while left:
        _, number = heap[0]
        entry = (-len(left & pairs[number]), number)
        heapq.heapreplace(heap, entry)
        if heap[0] == entry:
            found.append(rows[number])
            left -= pairs[number]
    return found
