"""Tables of what was measured, in Markdown, and whether the aims are met."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from . import plan
from . import results as measured
from .costs import Cost, Costs
from .plan import (
    BACKENDS,
    COPY,
    COPY_EMPTY,
    MIDDLES,
    PSYCOPG,
    REQUESTS,
    SERVERS,
    STRATEGIES,
)
from .results import DRIVER, EMPTY, FLOOR, REALISTIC, RENDERED, Results, Summary

NAMES = {FLOOR: "no database", "tutorial": "the tutorial", DRIVER: "the driver alone"}
NAMES |= {"recipe": "SQLAlchemy's recipe"} | {name: f"`{name}`" for name in STRATEGIES}
PAGE = Path(__file__).with_name("report.md.jinja")


@dataclass(frozen=True)
class Aim:
    """A limit for the median of the worst of some strategies: the most, or the least.

    `limits` has one for each backend that the aim is for. A row names the worst.
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
            known = [(sign * cost.median, name) for name, cost in costs.items() if cost]
            median, worst = max(known, default=(0, self.strategies[0]))
            of = f"`{backend}` `{worst}`" if backend else f"`{worst}`"
            verdict = "met" if median <= sign * limit else "**NOT met**"
            cells = [f"{of} {self.text.format(limit)}", spread(costs[worst])]
            yield [*cells, verdict if known else "not measured"]


def aims(costs: Costs) -> list[Aim]:
    """Return all aims."""
    memory, file, postgresql = BACKENDS
    rollback, snapshot, truncate, _ = STRATEGIES
    every, lasting = STRATEGIES, [rollback, snapshot, truncate]
    base, most, (few, *_, many) = costs.base, costs.most, costs.numbers
    files, servers = {memory: 0.8, file: 0.8}, (postgresql, PSYCOPG)
    twice, fifth = dict.fromkeys(BACKENDS, 2), dict.fromkeys(BACKENDS, 1.2)
    starts = {memory: 0.4, file: 0.4, postgresql: 1.2}
    adds = "adds at most {} ms to an empty test"
    less = "adds at least {} times less than the tutorial, with"
    grows = f"adds at most {{}} times as much with {most} tables as with {base}, to"
    beside = "costs at most {} times what SQLAlchemy's recipe costs, in"
    long = f"costs at most {{}} times as much among {many:,} tests as among {few:,}"
    later = "starts a suite at most {} s later than one without a database starts"
    memories = f"takes at most {{}} times the memory at the end of {costs.long:,} tests"
    copying = "takes at most {} times an empty template's"
    found = [
        Aim(adds, costs.added(), [rollback], {memory: 1.2, postgresql: 1.5}),
        Aim(adds, costs.added(), [snapshot], {memory: 1.2, postgresql: 10}),
        Aim(adds, costs.added(), [truncate], {postgresql: 3}),
        Aim(later, costs.later(), every, starts),
        Aim(long, costs.growth_with_tests(), every, fifth),
        Aim(memories, costs.memory(), lasting, {postgresql: 1.05}),
        Aim(copying, costs.times(COPY_EMPTY), [COPY], {"": 1.4}),
    ]
    for strategy in (rollback, snapshot):
        for tables, limit in ((base, 12), (most, 100)):
            text, cost = f"{less} {tables} tables", costs.less(EMPTY, tables)
            found.append(Aim(text, cost, [strategy], {memory: limit}, at_least=True))
    for kind, test, limits in (
        (REALISTIC, "a realistic test", files | dict.fromkeys(servers, 0.75)),
        # What was published when the two did not take turns yet, rounded up.
        (EMPTY, "an empty test", files | {memory: 0.82} | dict.fromkeys(servers, 1.2)),
    ):
        growth, ratio = costs.growth_with_tables(kind), costs.to_recipe(kind)
        found.append(Aim(f"{grows} {test}", growth, lasting, twice))
        found.append(Aim(f"{beside} {test}", ratio, [rollback], limits))
    served, failed = costs.to_bare(), costs.failed(RENDERED)
    least, far, none = (dict.fromkeys(SERVERS, limit) for limit in (1, 20, 0))
    times = "are answered at least {} times as often as by a bare application"
    found.append(Aim(times, served, REQUESTS, least, at_least=True))
    found.append(Aim(times, served, MIDDLES, far, at_least=True))
    found.append(Aim("fail {} times", failed, REQUESTS, none))
    return found


def markdown(results: Results) -> str:
    """Return tables of everything that was measured."""
    costs = Costs(results)
    rows = [row for aim in aims(costs) for row in aim.rows()]
    jinja = Environment(trim_blocks=True, undefined=StrictUndefined)
    jinja.globals |= vars(plan) | vars(measured) | {"NAMES": NAMES, "costs": costs}
    jinja.globals |= {"rounded": rounded, "spread": spread}
    page = jinja.from_string(PAGE.read_text())
    text = page.render(aims=rows, machine=results.machine)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def spread(summary: Summary | None) -> str:
    """Return the median, the least and greatest, and how many figures there were."""
    if summary is None:
        return ""
    figures = (summary.median, summary.least, summary.greatest)
    median, least, greatest = (rounded(figure) for figure in figures)
    between = f"{least} to {greatest}, " if summary.runs > 1 else ""
    return f"{median} ({between}n={summary.runs})"


def rounded(figure: float) -> str:
    """Return a figure with as many digits as mean something."""
    if isinstance(figure, int):
        return f"{figure:,}"
    size = abs(figure)
    return f"{figure:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"
