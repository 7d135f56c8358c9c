"""Draws what was measured, as SVG files that are the same for the same figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from .plan import FLOOR, SUBJECTS
from .projects import BACKENDS
from .report import LEAST, NAMES, Report, rounded
from .results import EMPTY, REALISTIC, Case, Results, Summary

# A palette that people with a colour vision deficiency can tell apart.
COLOURS = {
    FLOOR: "#9a9a9a",
    "tutorial": "#4d4d4d",
    "recipe": "#a08a5b",
    "rollback": "#0072b2",
    "snapshot": "#009e73",
    "truncate": "#e69f00",
    "recreate": "#d55e00",
}
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
FILES = ("strategies.svg", "tables.svg", "tests.svg")


def draw(results: Results, report: Report, folder: Path) -> None:
    """Draw all plots into a folder."""
    with mpl.rc_context(STYLE):
        for name, figure in zip(
            FILES,
            (_strategies(report), _tables(results, report), _tests(results)),
            strict=True,
        ):
            figure.savefig(folder / name, metadata={"Creator": None, "Date": None})
            path = folder / name
            # The library leaves white space at the ends of lines.
            lines = [line.rstrip() for line in path.read_text().splitlines()]
            path.write_text("\n".join(lines) + "\n")


def _strategies(report: Report) -> Figure:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    title = "What is added to an empty test, and by a realistic one (pale)"
    figure.suptitle(title, fontsize=12)
    panels = figure.subplots(1, len(BACKENDS), sharex=True, sharey=True)
    for panel, backend in zip(panels, BACKENDS, strict=True):
        panel.set_title(backend)
        panel.set_xscale("log")
        panel.grid(visible=False, axis="y")
        for row, subject in enumerate(reversed(SUBJECTS)):
            _bar(panel, row + 0.2, subject, report.added(subject, backend))
            realistic = report.added(subject, backend, kind=REALISTIC)
            _bar(panel, row - 0.2, subject, realistic, alpha=0.4)
        panel.set_yticks(range(len(SUBJECTS)), [_name(s) for s in reversed(SUBJECTS)])
        panel.margins(x=0.2)
        _plain_numbers(panel, "x")
    figure.supxlabel("ms a test (logarithmic); the line is the spread over rounds")
    return figure


def _bar(
    panel: Axes, height: float, subject: str, added: Summary | None, alpha: float = 1
) -> None:
    if added is None:
        return
    width = max(added.median, LEAST)
    panel.barh(height, width, alpha=alpha, color=COLOURS[subject], height=0.4)
    ends = [max(added.least, LEAST), added.greatest]
    panel.plot(ends, [height, height], "k-", lw=1)
    panel.annotate(
        rounded(added.median),
        (max(width, added.greatest), height),
        fontsize=7,
        textcoords="offset points",
        va="center",
        xytext=(4, 0),
    )


def _tables(results: Results, report: Report) -> Figure:
    numbers = results.sizes["tables"]
    figure, panels = _panels("What is added by a realistic test, by number of tables")
    for panel, backend in zip(panels, BACKENDS, strict=True):
        for subject in SUBJECTS:
            points = [
                (n, report.added(subject, backend, n, REALISTIC)) for n in numbers
            ]
            _line(panel, subject, points)
        panel.set_xticks(numbers)
        panel.set_xlabel("tables")
    _finish(figure, panels, "ms a test")
    return figure


def _tests(results: Results) -> Figure:
    numbers, tables = results.sizes["numbers"], results.sizes["tables"][0]
    figure, panels = _panels("What an empty test costs, by number of tests")
    for panel, backend in zip(panels, BACKENDS, strict=True):
        for subject in (FLOOR, *SUBJECTS):
            of = "" if subject == FLOOR else backend
            cases = [(n, Case(EMPTY, subject, of, tables, n)) for n in numbers]
            _line(panel, subject, [(n, results.summary(case)) for n, case in cases])
        panel.set_xticks(numbers)
        panel.set_xlabel("tests in the suite")
    _finish(figure, panels, "ms a test")
    return figure


def _panels(title: str) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    figure.suptitle(title, fontsize=12)
    panels = list(figure.subplots(1, len(BACKENDS), sharex=True, sharey=True))
    for panel, backend in zip(panels, BACKENDS, strict=True):
        panel.set_title(backend)
        panel.set_xscale("log")
        panel.set_yscale("log")
    return figure, panels


def _line(panel: Axes, subject: str, points: list[tuple[int, Summary | None]]) -> None:
    known = [(x, summary) for x, summary in points if summary]
    if not known:
        return
    colour, name = COLOURS[subject], _name(subject)
    dashes = "-" if subject in SUBJECTS[2:] else "--"
    across = [x for x, _ in known]
    medians = [max(summary.median, LEAST) for _, summary in known]
    panel.plot(across, medians, dashes, color=colour, label=name, marker="o", ms=4)
    panel.vlines(
        across,
        [max(summary.least, LEAST) for _, summary in known],
        [max(summary.greatest, LEAST) for _, summary in known],
        color=colour,
        lw=1,
    )


def _finish(figure: Figure, panels: list[Axes], unit: str) -> None:
    panels[0].set_ylabel(f"{unit} (logarithmic)")
    for panel in panels:
        _plain_numbers(panel, "x")
        _plain_numbers(panel, "y")
    named = {name: handle for handle, name in _handles(panels)}
    figure.legend(
        list(named.values()),
        list(named),
        columnspacing=1.2,
        frameon=False,
        handlelength=1.8,
        loc="outside lower center",
        ncols=len(named),
    )


def _handles(panels: list[Axes]) -> Iterator[tuple[Any, str]]:
    for panel in panels:
        yield from zip(*panel.get_legend_handles_labels(), strict=True)


def _plain_numbers(panel: Axes, axis: str) -> None:
    """Write 1,000 instead of 10 to the power of 3."""
    of = panel.xaxis if axis == "x" else panel.yaxis
    of.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    of.set_minor_locator(NullLocator())


def _name(subject: str) -> str:
    return NAMES[subject].replace("`", "")
