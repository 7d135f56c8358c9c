"""Draws what was measured, as SVG files that are the same for the same figures."""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from .costs import Cost, Costs
from .plan import BACKENDS, STRATEGIES, SUBJECTS, TRAVELS
from .report import NAMES, rounded
from .results import EMPTY, FLOOR, REALISTIC, Results, Summary

# A palette that people with a colour vision deficiency can tell apart.
PALETTE = ["#9a9a9a", "#4d4d4d", "#a08a5b", "#0072b2", "#009e73", "#e69f00", "#d55e00"]
COLOURS = dict(zip((FLOOR, *SUBJECTS), PALETTE, strict=True))
LABELS = {subject: name.replace("`", "") for subject, name in NAMES.items()}
STYLE: Any = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.color": "#e4e4e4",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "benchmarks",
}


def draw(results: Results, folder: Path) -> None:
    """Draw all plots into a folder."""
    costs = Costs(results)
    tables = {number: costs.added(REALISTIC, number) for number in costs.tables}
    tests = {number: costs.test(EMPTY, number) for number in costs.numbers}
    added = "What is added by a realistic test, by number of tables"
    empty = "What an empty test costs, by number of tests"
    with mpl.rc_context(STYLE):
        figures = {"strategies.svg": _bars(costs)}
        figures["trips.svg"] = _trips(costs)
        figures["tables.svg"] = _lines(added, "tables", tables)
        figures["tests.svg"] = _lines(empty, "tests in the suite", tests)
        for name, figure in figures.items():
            path = folder / name
            figure.savefig(path, metadata={"Creator": None, "Date": None})
            # The library leaves white space at the ends of lines.
            path.write_text(re.sub(" +\n", "\n", path.read_text()))


def _bars(costs: Costs) -> Figure:
    title = "What is added to an empty test, and by a realistic one (pale)"
    figure, panels = _panels(title)
    for backend, panel in panels.items():
        panel.grid(visible=False, axis="y")
        for row, subject in enumerate(reversed(SUBJECTS)):
            for kind, up, alpha in ((EMPTY, 0.2, 1), (REALISTIC, -0.2, 0.4)):
                if added := costs.added(kind)(subject, backend):
                    look: Any = {"alpha": alpha, "color": COLOURS[subject]}
                    look |= {"height": 0.4, "xerr": _spread(added)}
                    bar = panel.barh(row + up, added.median, **look)
                    label = rounded(added.median)
                    panel.bar_label(bar, [label], fontsize=7, padding=4)
        labels = [LABELS[subject] for subject in reversed(SUBJECTS)]
        panel.set_yticks(range(len(SUBJECTS)), labels)
        panel.margins(x=0.2)
    figure.supxlabel("ms a test (logarithmic); the line is the spread over rounds")
    return figure


def _trips(costs: Costs) -> Figure:
    """Plot what a realistic test costs by how often it waits for the server."""
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    figure.suptitle("A realistic test on PostgreSQL", fontsize=12)
    panel = figure.subplots()
    trips, times = costs.trips(REALISTIC), costs.test(REALISTIC)
    for subject, backend in TRAVELS:
        if (across := trips(subject, backend)) and (up := times(subject, backend)):
            look: Any = {"color": COLOURS.get(subject, "#000000"), "marker": "o"}
            panel.errorbar(across.median, up.median, _spread(up), **look)
            place, offset = (across.median, up.median), (7, -3)
            look = {"textcoords": "offset points", "xytext": offset}
            panel.annotate(LABELS[subject], place, **look)
    panel.margins(x=0.2)
    panel.set_xlim(left=0)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("trips to the server")
    panel.set_ylabel("ms a test; the line is the spread over rounds")
    return figure


def _lines(title: str, unit: str, costs: dict[int, Cost]) -> Figure:
    """Plot what costs by a number, on two logarithmic axes."""
    figure, panels = _panels(title)
    for backend, panel in panels.items():
        panel.set_yscale("log")
        _plain_numbers(panel.yaxis)
        for subject, colour in COLOURS.items():
            of = "" if subject == FLOOR else backend
            found = [(number, cost(subject, of)) for number, cost in costs.items()]
            known = [(number, summary) for number, summary in found if summary]
            look: Any = {"color": colour, "marker": "o", "ms": 4, "elinewidth": 1}
            look["linestyle"] = "-" if subject in STRATEGIES else "--"
            if known:
                across, summaries = zip(*known, strict=True)
                if backend == BACKENDS[0]:
                    look["label"] = LABELS[subject]
                medians = [summary.median for summary in summaries]
                panel.errorbar(across, medians, _spread(*summaries), **look)
        panel.set_xticks(list(costs))
        panel.set_xlabel(unit)
    panels[BACKENDS[0]].set_ylabel("ms a test (logarithmic)")
    look = {"columnspacing": 1.2, "frameon": False, "ncols": len(COLOURS)}
    figure.legend(loc="outside lower center", **look)
    return figure


def _spread(*summaries: Summary) -> list[list[float]]:
    """Return how far it is from medians to the least figures, and to the greatest."""
    below = [summary.median - summary.least for summary in summaries]
    return [below, [summary.greatest - summary.median for summary in summaries]]


def _panels(title: str) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel for each backend, logarithmic from left to right."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    figure.suptitle(title, fontsize=12)
    axes = figure.subplots(1, len(BACKENDS), sharex=True, sharey=True)
    panels = dict(zip(BACKENDS, axes, strict=True))
    for backend, panel in panels.items():
        panel.set_title(backend)
        panel.set_xscale("log")
        _plain_numbers(panel.xaxis)
    return figure, panels


def _plain_numbers(axis: Any) -> None:
    """Write 1,000 instead of 10 to the power of 3."""
    axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.set_minor_locator(NullLocator())
