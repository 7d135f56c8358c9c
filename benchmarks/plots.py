"""Draws what was measured, as SVG files that are the same for the same figures."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from .costs import LEAST, Cost, Costs
from .plan import BACKENDS, STRATEGIES, SUBJECTS
from .report import NAMES, rounded
from .results import EMPTY, FLOOR, REALISTIC, Results, Summary

# A palette that people with a colour vision deficiency can tell apart.
PALETTE = ["#9a9a9a", "#4d4d4d", "#a08a5b", "#0072b2", "#009e73", "#e69f00", "#d55e00"]
COLOURS = dict(zip((FLOOR, *SUBJECTS), PALETTE, strict=True))
LABELS = {subject: name.replace("`", "") for subject, name in NAMES.items()}
STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#8c8c8c",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.facecolor": "white",  # readable on dark pages too
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": "#e4e4e4",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "benchmarks",
}


def draw(results: Results, folder: Path) -> None:
    """Draw all plots into a folder."""
    costs = Costs(results)
    tables = {n: costs.added(REALISTIC, n) for n in costs.tables}
    tests = {n: costs.test(EMPTY, n) for n in costs.numbers}
    added = "What is added by a realistic test, by number of tables"
    empty = "What an empty test costs, by number of tests"
    with mpl.rc_context(STYLE):
        for name, figure in (
            ("strategies.svg", _bars(costs)),
            ("tables.svg", _lines(added, "tables", tables)),
            ("tests.svg", _lines(empty, "tests in the suite", tests)),
        ):
            path = folder / name
            figure.savefig(path, metadata={"Creator": None, "Date": None})
            # The library leaves white space at the ends of lines.
            lines = [line.rstrip() for line in path.read_text().splitlines()]
            path.write_text("\n".join(lines) + "\n")


def _bars(costs: Costs) -> Figure:
    figure, panels = _panels(
        "What is added to an empty test, and by a realistic one (pale)"
    )
    for backend, panel in panels.items():
        panel.grid(visible=False, axis="y")
        for row, subject in enumerate(reversed(SUBJECTS)):
            for kind, up, alpha in ((EMPTY, 0.2, 1), (REALISTIC, -0.2, 0.4)):
                if added := costs.added(kind)(subject, backend):
                    look: Any = {"alpha": alpha, "color": COLOURS[subject]}
                    width, spread = _above_zero([added])
                    bar = panel.barh(row + up, width, 0.4, xerr=spread, **look)
                    text = rounded(added.median)
                    panel.bar_label(bar, [text], fontsize=7, padding=4)
        labels = [LABELS[subject] for subject in reversed(SUBJECTS)]
        panel.set_yticks(range(len(SUBJECTS)), labels)
        panel.margins(x=0.2)
    figure.supxlabel("ms a test (logarithmic); the line is the spread over rounds")
    return figure


def _lines(title: str, unit: str, costs: dict[int, Cost]) -> Figure:
    """Plot what costs by a number, on two logarithmic axes."""
    figure, panels = _panels(title)
    for backend, panel in panels.items():
        panel.set_yscale("log")
        _plain_numbers(panel.yaxis)
        for subject, colour in COLOURS.items():
            of = "" if subject == FLOOR else backend
            found = {number: cost(subject, of) for number, cost in costs.items()}
            known = {number: summary for number, summary in found.items() if summary}
            medians, spread = _above_zero(list(known.values()))
            look: Any = {"color": colour, "marker": "o", "ms": 4, "elinewidth": 1}
            look["linestyle"] = "-" if subject in STRATEGIES else "--"
            if known:
                look["label"] = LABELS[subject]
                panel.errorbar(list(known), medians, spread, **look)
        panel.set_xticks(list(costs))
        panel.set_xlabel(unit)
    first = panels[BACKENDS[0]]
    first.set_ylabel("ms a test (logarithmic)")
    handles, labels = first.get_legend_handles_labels()
    look = {"columnspacing": 1.2, "frameon": False, "handlelength": 1.8}
    place: Any = {"loc": "outside lower center", "ncols": max(len(labels), 1)}
    figure.legend(handles, labels, **look, **place)
    return figure


def _above_zero(summaries: list[Summary]) -> tuple[list[float], list[list[float]]]:
    """Return medians, and how far it is from them to the least and the greatest.

    Nothing is less than what counts as a cost: a logarithmic axis has no zero.
    """
    medians = [max(summary.median, LEAST) for summary in summaries]
    pairs = list(zip(summaries, medians, strict=True))
    below = [median - max(summary.least, LEAST) for summary, median in pairs]
    above = [max(summary.greatest, LEAST) - median for summary, median in pairs]
    return medians, [below, above]


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
