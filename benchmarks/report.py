"""Tables of what was measured, in Markdown, and whether the aims are met."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .costs import Cost, Costs
from .plan import BACKENDS, COPIER, COPY, COPY_EMPTY, MATRIX, STRATEGIES, SUBJECTS
from .results import EMPTY, FLOOR, REALISTIC, WITHOUT, Results, Summary

NAMES = {FLOOR: "no database", "tutorial": "the tutorial"}
NAMES |= {"recipe": "SQLAlchemy's recipe"} | {name: f"`{name}`" for name in STRATEGIES}
KINDS = (EMPTY, REALISTIC)
HOW = """Every figure is the median of n rounds, with the least and the greatest behind
it. A round measures everything once, in random order; what is compared was measured in
the same round. In one run of a suite, the cost of a test is the median of the times
from one test's start to the next one's. What is *added* is that cost less what an empty
async test without a database costs in the same round."""
CHOICE = """In ms: to an empty test / by a realistic one, which inserts three rows,
commits twice and sends a query."""
TURNS = """How many times as much a whole test costs as with SQLAlchemy's recipe, when
the two take turns in one process."""
DETECTOR = "What it costs a test to look for tasks and connections that are left."
LONG = """What an empty test costs when the suite has so many, in ms, pytest's own cost
included."""
WORKERS = """How much longer one test more makes the whole run, in ms, pytest's own cost
included: the difference between the shortest suite and the longest, as whole processes.
The tutorial's and the recipe's workers would all use the same file or database: these
two run in memory only."""
START = """A whole suite of one test, in s, and how much longer it takes than that of an
application with the same models whose test uses neither a database nor the harness. On
PostgreSQL a server is started and stopped."""


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
        for backend, limit in self.limits.items():
            found = [(self.cost(name, backend), name) for name in self.strategies]
            known = [(cost.median, name) for cost, name in found if cost]
            if self.at_least:
                known = [(-median, name) for median, name in known]
                limit = -limit
            median, worst = max(known, default=(0, self.strategies[0]))
            text = f"`{backend}`, `{worst}`" if backend else f"`{worst}`"
            text += (
                f"{' as the worst' if len(self.strategies) > 1 else ''}: {self.text}"
            )
            verdict = "met" if median <= limit else "**NOT met**"
            cells = [text.format(abs(limit)), spread(self.cost(worst, backend))]
            yield [*cells, verdict if known else "not measured"]


def aims(costs: Costs) -> list[Aim]:
    """Return all aims."""
    memory, file, postgresql = BACKENDS
    rollback, snapshot, truncate, _ = STRATEGIES
    base, most, (few, *_, many) = costs.base, costs.most, costs.numbers
    adds, less = "adds at most {} ms to an empty test", "adds at least {} times less"
    grows = f"adds with {most} tables at most {{}} times as much as with {base}"
    beside = "costs at most {} times what it costs with SQLAlchemy's recipe"
    long = f"a test among {many:,} costs at most {{}} times as much as among {few:,}"
    later = "a suite starts at most {} s later than without a database"
    copying = "takes at most {} times an empty template's"
    twice, fifth = dict.fromkeys(BACKENDS, 2), dict.fromkeys(BACKENDS, 1.2)
    starts = {memory: 0.4, file: 0.4, postgresql: 1.2}
    lasting = (rollback, snapshot, truncate)
    found = [
        Aim(adds, costs.added(), [rollback], {memory: 1.2, postgresql: 1.5}),
        Aim(adds, costs.added(), [snapshot], {memory: 1.2, postgresql: 10}),
        Aim(adds, costs.added(), [truncate], {postgresql: 3}),
    ]
    for strategy in (rollback, snapshot):
        for tables, limit in ((base, 12), (most, 100)):
            text = f"{less} to an empty test than the tutorial, with {tables} tables"
            cost = costs.less(EMPTY, tables)
            found.append(Aim(text, cost, [strategy], {memory: limit}, at_least=True))
    for kind, test in ((EMPTY, "an empty test"), (REALISTIC, "a test that writes")):
        growth = costs.growth_with_tables(kind)
        found.append(Aim(f"{grows} to {test}", growth, lasting, twice))
    for kind, test, limits in (
        (REALISTIC, "a realistic test", {memory: 0.8, file: 0.8}),
        # What was published when the two did not take turns yet, rounded up.
        (EMPTY, "an empty test", {memory: 0.82, file: 0.8}),
    ):
        text, cost = f"{test} {beside}", costs.to_recipe(kind)
        found.append(Aim(text, cost, [rollback], limits))
    return [
        *found,
        Aim(later, costs.later(), STRATEGIES, starts),
        Aim(long, costs.growth_with_tests(), STRATEGIES, fifth),
        Aim(copying, costs.times(COPY_EMPTY), [COPY], {"": 1.4}),
    ]


def markdown(results: Results) -> str:
    """Return tables of everything that was measured."""
    costs, machine = Costs(results), results.machine
    base, most, (few, *_, many) = costs.base, costs.most, costs.numbers
    suites = [(FLOOR, ""), (WITHOUT, "")]
    suites += [(subject, backend) for backend in BACKENDS for subject in SUBJECTS]
    packages = ", ".join(f"{n} {v}" for n, v in machine["packages"].items())
    system = "{system}, {cores} cores, Python {python}".format_map(machine)
    parts = ["# Benchmarks", f"{system}; {packages}.", HOW]
    if costs.test()(FLOOR, ""):
        heading = f"## What is added to a test, with {base} tables"
        parts += [heading, CHOICE, choice(results)]
    columns = {
        "empty test, ms": costs.test(),
        "realistic test, ms": costs.test(REALISTIC),
        "added to an empty test, ms": costs.added(),
        "times less than the tutorial": costs.less(),
    }
    parts += section(f"A test, with {base} tables", "", columns, suites)
    columns = {kind.partition(",")[0]: costs.to_recipe(kind) for kind in KINDS}
    parts += section("Next to the recipe", TURNS, columns, suites)
    columns = {"a test, µs": costs.detector()}
    parts += section("The leak detector", DETECTOR, columns, suites)
    for kind, heading, text in (
        (EMPTY, "More tables", "What is added to an empty test, in ms."),
        (REALISTIC, "More tables and a test that writes", "By a realistic one, in ms."),
    ):
        columns = {f"{n} tables": costs.added(kind, n) for n in reversed(costs.tables)}
        columns[f"{most} against {base}"] = costs.growth_with_tables(kind)
        less = f"times less than the tutorial, {most} tables"
        columns[less] = costs.less(kind, most)
        parts += section(heading, text, columns, suites)
    columns = {f"{n:,} tests": costs.test(EMPTY, n) for n in costs.numbers}
    columns[f"{many:,} against {few:,}"] = costs.growth_with_tests()
    parts += section("More tests", LONG, columns, suites)
    columns = {"2 workers, ms": costs.one_more(2), "1 worker, ms": costs.one_more(1)}
    parts += section("Two workers", WORKERS, columns, suites)
    columns = {"whole suite, s": costs.start(), "beyond, s": costs.later()}
    parts += section("Start", START, columns, suites)
    columns = {"whole process, s": costs.process()}
    parts += section("The tests of the template", "", columns, [(MATRIX, "")])
    columns["times an empty template's"] = costs.times(COPY_EMPTY)
    parts += section("Copier", "", columns, [(name, "") for name in COPIER])
    rows = [row for aim in aims(costs) for row in aim.rows()]
    parts += ["## Aims", table(["", "measured", ""], rows)]
    return "\n\n".join(filter(None, parts)) + "\n"


def section(
    heading: str,
    text: str,
    columns: Mapping[str, Cost],
    rows: Iterable[tuple[str, str]],
) -> list[str]:
    """Return a heading, a text and a table, or nothing if nothing was measured.

    The table has those rows, subjects and backends, that the first column knows.
    """
    cells = []
    for subject, backend in rows:
        found = [spread(cost(subject, backend)) for cost in columns.values()]
        if found[0]:
            of = f"`{backend}`" if backend else ""
            cells.append([NAMES.get(subject, subject), of, *found])
    lines = table(["", "backend", *columns], cells)
    return [f"## {heading}", text, lines] if cells else []


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
    median, least, greatest = map(
        rounded, (summary.median, summary.least, summary.greatest)
    )
    between = f"{least} to {greatest}, " if summary.runs > 1 else ""
    return f"{median} ({between}n={summary.runs})"


def rounded(figure: float) -> str:
    """Return a figure with as many digits as mean something."""
    size = abs(figure)
    return f"{figure:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
