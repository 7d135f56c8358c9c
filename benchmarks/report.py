"""Tables of what was measured, in Markdown, and whether the aims are met."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from .plan import (
    COPY,
    COPY_EMPTY,
    COPY_PLAIN,
    FLOOR,
    MATRIX,
    SUBJECTS,
    UPDATE,
    WITHOUT,
)
from .projects import BACKENDS, STRATEGIES
from .results import DETECTOR, EMPTY, PROCESS, REALISTIC, Case, Results, Summary

TUTORIAL = "tutorial"
NAMES = {
    FLOOR: "no database",
    TUTORIAL: "the tutorial",
    "recipe": "SQLAlchemy's recipe",
} | {strategy: f"`{strategy}`" for strategy in STRATEGIES}
KINDS = (EMPTY, REALISTIC)
UNKNOWN = ""
# The least that counts as a cost, so that ratios of nothing stay finite.
LEAST = 0.001


@dataclass(frozen=True)
class Aim:
    """An aim, and what was measured: None if nothing was."""

    text: str
    limit: float
    measured: Summary | None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether it is met; the median counts."""
        if self.measured is None:
            return "not measured"
        if self.at_least:
            met = self.measured.median >= self.limit
        else:
            met = self.measured.median <= self.limit
        return "met" if met else "**NOT met**"


class Report:
    """Tables of the results of one run."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._tables: list[int] = results.sizes["tables"]
        self._numbers: list[int] = results.sizes["numbers"]
        self._base = self._tables[0]

    def markdown(self) -> str:
        """Return everything that was measured."""
        sections = [
            (f"What is added to a test, with {self._base} tables", self._choice),
            (f"A test, with {self._base} tables", self._strategies),
            ("The leak detector", self._detector),
            ("More tables", self._more_tables),
            ("More tables and a test that writes", self._more_tables_written),
            ("More tests", self._more_tests),
            ("Two workers", self._workers),
            ("Start", self._starts),
            ("Copier", self._copier),
            ("Aims", self._aims),
        ]
        parts = ["# Benchmarks", self._introduction()]
        for heading, make in sections:
            text = make()
            if text:
                parts += [f"## {heading}", text]
        return "\n\n".join(parts) + "\n"

    def choice(self) -> str:
        """Return the short table that helps to choose a strategy."""
        if self._floor() not in self._results.figures:
            return ""
        rows = []
        for subject in SUBJECTS:
            costs = [
                " / ".join(_median(self.added(subject, backend, kind=k)) for k in KINDS)
                for backend in BACKENDS
            ]
            rows.append([NAMES[subject], *costs])
        return _table(["", *(f"`{backend}`" for backend in BACKENDS)], rows)

    def added(
        self,
        subject: str,
        backend: str,
        tables: int | None = None,
        kind: str = EMPTY,
    ) -> Summary | None:
        """Return what a test on a subject costs more than one without a database.

        That is in milliseconds, for a test of the given kind.
        """
        case = Case(kind, subject, backend, tables or self._base)
        return self._results.compare(_difference, case, self._floor())

    def less(
        self,
        subject: str,
        backend: str,
        tables: int | None = None,
        kind: str = EMPTY,
    ) -> Summary | None:
        """Return how many times less that is than what the tutorial adds."""
        tables = tables or self._base
        return self._results.compare(
            lambda own, tutorial, floor: (tutorial - floor) / max(own - floor, LEAST),
            Case(kind, subject, backend, tables),
            Case(kind, TUTORIAL, backend, tables),
            self._floor(),
        )

    def aims(self) -> list[Aim]:
        """Return all aims, with what was measured."""
        found = [
            Aim(
                f"`{backend}` `{strategy}` adds at most {limit} ms",
                limit,
                self.added(strategy, backend),
            )
            for backend, strategy, limit in (
                ("sqlite-memory", "rollback", 1.2),
                ("sqlite-memory", "snapshot", 1.2),
                ("postgresql", "rollback", 1.5),
                ("postgresql", "truncate", 3.0),
                ("postgresql", "snapshot", 10.0),
            )
        ]
        found += [
            Aim(
                f"`sqlite-memory` `{strategy}` adds at least {limit} times less than "
                f"the tutorial, with {tables} tables",
                limit,
                self.less(strategy, "sqlite-memory", tables),
                at_least=True,
            )
            for strategy in ("rollback", "snapshot")
            for tables, limit in ((3, 12), (300, 100))
        ]
        for backend, limit in zip(BACKENDS, (0.4, 0.4, 1.2), strict=True):
            text = f"`{backend}`: a whole suite starts at most {limit} s later"
            found.append(self._worst(text, limit, STRATEGIES, backend, self._start))
        for kind, test in zip(
            KINDS, ("an empty test", "a test that writes"), strict=True
        ):
            for backend in BACKENDS:
                text = (
                    f"`{backend}`: all but `recreate` add at most twice as much to "
                    f"{test} with {self._tables[-1]} tables as with {self._base}"
                )
                by_tables = partial(self._growth_with_tables, kind=kind)
                found.append(self._worst(text, 2, STRATEGIES[:-1], backend, by_tables))
        for backend in BACKENDS:
            text = (
                f"`{backend}`: a test costs at most 1.2 times as much in a suite of "
                f"{self._numbers[-1]:,} tests as in one of {self._numbers[0]:,}"
            )
            growth = self._growth_with_tests
            found.append(self._worst(text, 1.2, STRATEGIES, backend, growth))
        ratio = self._copier_ratio(COPY)
        found.append(
            Aim("`copier copy` takes at most 1.4 times an empty template's", 1.4, ratio)
        )
        return found

    def _worst(
        self,
        text: str,
        limit: float,
        strategies: Sequence[str],
        backend: str,
        measure: Callable[[str, str], Summary | None],
    ) -> Aim:
        """Return an aim that the worst of several strategies has to meet."""
        found = [(measure(strategy, backend), strategy) for strategy in strategies]
        measured = [(summary, name) for summary, name in found if summary]
        if not measured:
            return Aim(text, limit, None)
        worst, name = max(measured, key=lambda pair: pair[0].median)
        return Aim(f"{text}; the worst is `{name}`", limit, worst)

    def _introduction(self) -> str:
        machine = self._results.machine
        packages = ", ".join(f"{n} {v}" for n, v in machine["packages"].items())
        return (
            f"{machine['system']}, {machine['cores']} cores, Python "
            f"{machine['python']}; {packages}.\n\n"
            "Every figure is the median of n rounds, with the least and the greatest "
            "behind it. A round measures everything once, in random order; "
            "what is compared was measured in the same round. In one run of a suite, "
            "the cost of a test is the median of the times from one test's start to "
            "the next one's. What is *added* is that cost less what an empty async "
            "test without a database costs in the same round."
        )

    def _floor(self) -> Case:
        return Case(EMPTY, FLOOR, "", self._base)

    def _choice(self) -> str:
        text = (
            "In ms: to an empty test / by a realistic one, which inserts three rows, "
            "commits twice and sends a query."
        )
        table = self.choice()
        return f"{text}\n\n{table}" if table else ""

    def _strategies(self) -> str:
        if self._floor() not in self._results.figures:
            return ""
        floor = _spread(self._results.summary(self._floor()))
        rows = [[NAMES[FLOOR], "", floor, UNKNOWN, UNKNOWN, UNKNOWN]]
        for backend in BACKENDS:
            for subject in SUBJECTS:
                empty, realistic = (
                    self._results.summary(Case(kind, subject, backend, self._base))
                    for kind in (EMPTY, REALISTIC)
                )
                added = self.added(subject, backend)
                less = self.less(subject, backend)
                rows.append(
                    [
                        NAMES[subject],
                        f"`{backend}`",
                        _spread(empty),
                        _spread(realistic),
                        _spread(added),
                        UNKNOWN if subject == TUTORIAL else _spread(less),
                    ]
                )
        head = ["", "backend", "empty test, ms", "realistic test, ms"]
        head += ["added to an empty test, ms", "times less than the tutorial"]
        return _table(head, rows)

    def _detector(self) -> str:
        rows = []
        for subject, backend in self._measured(DETECTOR):
            case = (subject, backend, self._base)
            cost = self._results.compare(
                _one_of_a_hundred, Case(DETECTOR, *case), Case(EMPTY, *case)
            )
            rows.append([NAMES[subject], f"`{backend}`", _spread(cost)])
        text = "What it costs a test to look for tasks and connections that are left."
        return _section(text, ["", "backend", "a test, µs"], rows)

    def _more_tables(self) -> str:
        return self._growing_with_tables(
            EMPTY, "What is added to an empty test, in ms."
        )

    def _more_tables_written(self) -> str:
        text = "What is added by a realistic test, in ms."
        return self._growing_with_tables(REALISTIC, text)

    def _growing_with_tables(self, kind: str, text: str) -> str:
        rows = []
        most = self._tables[-1]
        for subject, backend in self._measured(kind, tables=most):
            costs = (self.added(subject, backend, n, kind) for n in self._tables)
            rows.append(
                [
                    NAMES[subject],
                    f"`{backend}`",
                    *map(_spread, costs),
                    _spread(self._growth_with_tables(subject, backend, kind)),
                    UNKNOWN
                    if subject == TUTORIAL
                    else _spread(self.less(subject, backend, most, kind)),
                ]
            )
        head = ["", "backend", *(f"{number} tables" for number in self._tables)]
        head += [f"{most} against {self._base}"]
        head += [f"times less than the tutorial, {most} tables"]
        return _section(text, head, rows)

    def _more_tests(self) -> str:
        rows = []
        for subject, backend in self._measured(EMPTY, tests=self._numbers[0]):
            costs = [
                self._results.summary(Case(EMPTY, subject, backend, self._base, number))
                for number in self._numbers
            ]
            rows.append(
                [
                    NAMES[subject],
                    f"`{backend}`" if backend else "",
                    *map(_spread, costs),
                    _spread(self._growth_with_tests(subject, backend)),
                ]
            )
        head = ["", "backend", *(f"{number:,} tests" for number in self._numbers)]
        head += [f"{self._numbers[-1]:,} against {self._numbers[0]:,}"]
        text = (
            "What an empty test costs when the suite has so many, in ms, pytest's own "
            "cost included."
        )
        return _section(text, head, rows)

    def _workers(self) -> str:
        rows = []
        for subject, backend in self._measured(PROCESS, workers=2):
            ends = (self._ends(PROCESS, subject, backend, n) for n in (1, 2))
            one, two = (self._results.compare(self._slope, *cases) for cases in ends)
            rows.append(
                [
                    NAMES[subject],
                    f"`{backend}`" if backend else "",
                    _spread(one),
                    _spread(two),
                ]
            )
        text = (
            "How much longer one test more makes the whole run, in ms, pytest's own "
            "cost included: the difference between runs of "
            f"{self._numbers[0]:,} and {self._numbers[-1]:,} tests, as whole "
            "processes. The tutorial's and the recipe's workers would all use the same "
            "file or database: these two run in memory only."
        )
        return _section(text, ["", "backend", "1 worker, ms", "2 workers, ms"], rows)

    def _starts(self) -> str:
        case = Case(PROCESS, WITHOUT, "", self._base, 1)
        if case not in self._results.figures:
            return ""
        rows = [[WITHOUT, "", _spread(self._results.summary(case)), UNKNOWN]]
        for subject, backend in self._measured(PROCESS, tests=1):
            if subject != WITHOUT:
                whole = Case(PROCESS, subject, backend, self._base, 1)
                rows.append(
                    [
                        NAMES[subject],
                        f"`{backend}`",
                        _spread(self._results.summary(whole)),
                        _spread(self._start(subject, backend)),
                    ]
                )
        text = (
            "A whole suite of one test, in s, and how much longer it takes than that "
            "of an application with the same models whose test uses neither a database "
            "nor the harness. On PostgreSQL a server is started and stopped."
        )
        return _section(text, ["", "backend", "whole suite, s", "beyond, s"], rows)

    def _copier(self) -> str:
        rows = []
        for name in (COPY, COPY_PLAIN, COPY_EMPTY, UPDATE, MATRIX):
            time = self._results.summary(Case(PROCESS, name))
            ratio = self._copier_ratio(name) if name in (COPY, COPY_PLAIN) else None
            if time:
                rows.append([name, _spread(time), _spread(ratio)])
        head = ["", "whole process, s", "times an empty template's"]
        return _table(head, rows) if rows else ""

    def _aims(self) -> str:
        rows = [[aim.text, _spread(aim.measured), aim.verdict] for aim in self.aims()]
        return _table(["", "measured", ""], rows)

    def _start(self, subject: str, backend: str) -> Summary | None:
        return self._results.compare(
            _difference,
            Case(PROCESS, subject, backend, self._base, 1),
            Case(PROCESS, WITHOUT, "", self._base, 1),
        )

    def _growth_with_tables(
        self, subject: str, backend: str, kind: str
    ) -> Summary | None:
        fewest, most = self._tables[0], self._tables[-1]
        return self._results.compare(
            lambda less, more, floor: (more - floor) / max(less - floor, LEAST),
            Case(kind, subject, backend, fewest),
            Case(kind, subject, backend, most),
            self._floor(),
        )

    def _growth_with_tests(self, subject: str, backend: str) -> Summary | None:
        """Return how many times as much a test costs in the longest suite."""
        return self._results.compare(
            lambda fewest, most: most / fewest, *self._ends(EMPTY, subject, backend)
        )

    def _ends(
        self, measure: str, subject: str, backend: str, workers: int = 1
    ) -> list[Case]:
        """Return the cases with the fewest and the most tests."""
        numbers = (self._numbers[0], self._numbers[-1])
        return [
            Case(measure, subject, backend, self._base, n, workers) for n in numbers
        ]

    def _slope(self, fewest: float, most: float) -> float:
        return (most - fewest) / (self._numbers[-1] - self._numbers[0]) * 1000

    def _copier_ratio(self, name: str) -> Summary | None:
        return self._results.compare(
            lambda own, empty: own / empty,
            Case(PROCESS, name),
            Case(PROCESS, COPY_EMPTY),
        )

    def _measured(self, measure: str, **values: int) -> list[tuple[str, str]]:
        """Return the subjects and backends of the cases with these values."""
        found = {
            (case.subject, case.backend)
            for case in self._results.figures
            if case.measure == measure
            and all(getattr(case, name) == value for name, value in values.items())
        }
        order = [(FLOOR, ""), (WITHOUT, "")]
        order += [(subject, backend) for backend in BACKENDS for subject in SUBJECTS]
        return [pair for pair in order if pair in found]


def _one_of_a_hundred(figure: float, other: float) -> float:
    """Return in microseconds what was added a hundred times, in milliseconds."""
    return (figure - other) * 1000 / 100


def _difference(figure: float, floor: float) -> float:
    return figure - floor


def _median(summary: Summary | None) -> str:
    return rounded(summary.median) if summary else UNKNOWN


def _spread(summary: Summary | None) -> str:
    """Return the median, the least and greatest, and how many figures there were."""
    if summary is None:
        return UNKNOWN
    median = rounded(summary.median)
    if summary.runs == 1:
        return f"{median} (n=1)"
    least, greatest = rounded(summary.least), rounded(summary.greatest)
    return f"{median} ({least} to {greatest}, n={summary.runs})"


def rounded(figure: float) -> str:
    """Return a figure with as many digits as mean something."""
    size = abs(figure)
    return f"{figure:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _section(text: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"{text}\n\n{_table(head, rows)}" if rows else ""
