"""Tables of what was measured, in Markdown, and whether the aims are met."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from .costs import Cost, Costs
from .plan import BACKENDS, COPIER, COPY, COPY_EMPTY, MATRIX, STRATEGIES, SUBJECTS
from .results import EMPTY, FLOOR, REALISTIC, WITHOUT, Results, Summary

NAMES = {FLOOR: "no database", "tutorial": "the tutorial"}
NAMES |= {"recipe": "SQLAlchemy's recipe"} | {name: f"`{name}`" for name in STRATEGIES}
KINDS = (EMPTY, REALISTIC)
PAGE = Path(__file__).with_name("report.md.jinja")


@dataclass(frozen=True)
class Aim:
    """A limit for the median of the worst of some strategies: the most, or the least.

    `limits` has one for each backend that the aim is for.
    """

    text: str
    cost: Cost
    strategies: Sequence[str]
    limits: Mapping[str, float]
    at_least: bool = False

    def rows(self) -> Iterator[list[str]]:
        """Yield for each backend the aim, what was measured, and whether it is met."""
        sign = -1 if self.at_least else 1
        for backend, limit in self.limits.items():
            costs = {name: self.cost(name, backend) for name in self.strategies}
            known = {name: sign * cost.median for name, cost in costs.items() if cost}
            worst = max(known, key=known.__getitem__, default="")
            where = f"`{backend}`" if backend else ""
            who = self.strategies[0] if len(self.strategies) == 1 else worst
            of = ", ".join(filter(None, (where, f"`{who}`" if who else "")))
            verdict = "not measured"
            if known:
                verdict = "met" if known[worst] <= sign * limit else "**NOT met**"
            yield [
                f"{of}: {self.text.format(limit)}",
                spread(costs.get(worst)),
                verdict,
            ]


def aims(costs: Costs) -> list[Aim]:
    """Return all aims."""
    memory, file, postgresql = BACKENDS
    rollback, snapshot, truncate, _ = STRATEGIES
    lasting = (rollback, snapshot, truncate)
    base, most, (few, *_, many) = costs.base, costs.most, costs.numbers
    adds = "adds at most {} ms to an empty test"
    less = "adds at least {} times less to an empty test than the tutorial, with"
    grows = (
        f"the worst adds with {most} tables at most {{}} times as much as with {base}"
    )
    beside = "test costs at most {} times what it costs with SQLAlchemy's recipe"
    later = "the worst suite starts at most {} s later than without a database"
    long = (
        f"the worst test costs among {many:,} at most {{}} times as much as among {few}"
    )
    copying = "takes at most {} times an empty template's"
    twice, fifth = dict.fromkeys(BACKENDS, 2), dict.fromkeys(BACKENDS, 1.2)
    starts = {memory: 0.4, file: 0.4, postgresql: 1.2}
    # What was published for empty tests when the two ran apart, rounded up.
    beside_empty, beside_realistic = {memory: 0.82, file: 0.8}, {memory: 0.8, file: 0.8}
    found = [
        Aim(adds, costs.added(), [rollback], {memory: 1.2, postgresql: 1.5}),
        Aim(adds, costs.added(), [snapshot], {memory: 1.2, postgresql: 10}),
        Aim(adds, costs.added(), [truncate], {postgresql: 3}),
    ]
    for strategy in (rollback, snapshot):
        for tables, limit in ((base, 12), (most, 100)):
            text, cost = f"{less} {tables} tables", costs.less(EMPTY, tables)
            found.append(Aim(text, cost, [strategy], {memory: limit}, at_least=True))
    for kind, test in ((EMPTY, "an empty test"), (REALISTIC, "a test that writes")):
        growth = costs.growth_with_tables(kind)
        found.append(Aim(f"{grows} to {test}", growth, lasting, twice))
    empty, realistic = costs.to_recipe(EMPTY), costs.to_recipe(REALISTIC)
    return [
        *found,
        Aim(f"an empty {beside}", empty, [rollback], beside_empty),
        Aim(f"a realistic {beside}", realistic, [rollback], beside_realistic),
        Aim(later, costs.later(), STRATEGIES, starts),
        Aim(long, costs.growth_with_tests(), STRATEGIES, fifth),
        Aim(copying, costs.times(COPY_EMPTY), [COPY], {"": 1.4}),
    ]


def markdown(results: Results) -> str:
    """Return tables of everything that was measured."""
    costs = Costs(results)
    suites = [(FLOOR, ""), (WITHOUT, "")]
    suites += [(subject, backend) for backend in BACKENDS for subject in SUBJECTS]
    jinja = Environment(trim_blocks=True, undefined=StrictUndefined)  # it is no HTML
    text = jinja.from_string(PAGE.read_text(), globals={"suites": suites}).render(
        aims=table(
            ["", "measured", ""], [r for aim in aims(costs) for r in aim.rows()]
        ),
        choice=choice(results) if costs.test()(FLOOR, "") else "",
        copier=[(name, "") for name in COPIER],
        costs_table=costs_table,
        costs=costs,
        **{"machine": results.machine, "base": costs.base, "most": costs.most},
        **{"EMPTY": EMPTY, "REALISTIC": REALISTIC},
        **{"COPY_EMPTY": COPY_EMPTY, "MATRIX": MATRIX},
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def costs_table(rows: Iterable[tuple[str, str]], columns: Mapping[str, Cost]) -> str:
    """Return a table with those rows, subjects and backends, that the first column has.

    It is empty if nothing was measured.
    """
    cells = []
    for subject, backend in rows:
        found = [spread(cost(subject, backend)) for cost in columns.values()]
        if found[0]:
            of = f"`{backend}`" if backend else ""
            cells.append([NAMES.get(subject, subject), of, *found])
    return table(["", "backend", *columns], cells) if cells else ""


def choice(results: Results) -> str:
    """Return the short table that helps to choose a strategy."""
    rows = []
    for subject in SUBJECTS:
        row = [NAMES[subject]]
        for backend in BACKENDS:
            found = [Costs(results).added(kind)(subject, backend) for kind in KINDS]
            row.append(" / ".join(rounded(cost.median) for cost in found if cost))
        rows.append(row)
    return table(["", *(f"`{backend}`" for backend in BACKENDS)], rows)


def spread(summary: Summary | None) -> str:
    """Return the median, the least and greatest, and how many figures there were."""
    if summary is None:
        return ""
    between = f"{rounded(summary.least)} to {rounded(summary.greatest)}, "
    between = between if summary.runs > 1 else ""
    return f"{rounded(summary.median)} ({between}n={summary.runs})"


def rounded(figure: float) -> str:
    """Return a figure with as many digits as mean something."""
    size = abs(figure)
    return f"{figure:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
