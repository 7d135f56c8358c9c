"""What was measured: series of figures, one figure for each round of a run.

A round measures everything once, in random order, so that whatever else the machine
does hits all alike. Figures are compared within their round, and then summed up.
"""

import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

EMPTY = "empty test, ms"
REALISTIC = "realistic test, ms"
DETECTOR = "test with 100 times the leak detector, ms"
PROCESS = "process, s"

STACK = ("SQLAlchemy", "sqlmodel", "aiosqlite", "asyncpg", "pytest", "pytest-asyncio")


@dataclass(frozen=True)
class Case:
    """One thing that is measured; `measure` says what, and in which unit."""

    measure: str
    subject: str
    backend: str = ""
    tables: int = 0
    tests: int = 0
    workers: int = 1


@dataclass(frozen=True)
class Summary:
    """The median of several figures, the least and the greatest."""

    median: float
    least: float
    greatest: float
    runs: int


@dataclass
class Results:
    """All figures of one run, and what it ran on."""

    sizes: dict[str, Any]
    machine: dict[str, Any] = field(default_factory=dict)
    figures: dict[Case, list[float]] = field(default_factory=dict)

    def add(self, case: Case, figure: float) -> None:
        """Add the figure of the next round, in digits that are not all noise."""
        self.figures.setdefault(case, []).append(round(figure, 4))

    def summary(self, case: Case) -> Summary | None:
        """Return the summary of a case, or None if it was not measured."""
        return summarise(self.figures.get(case, []))

    def compare(self, compute: Callable[..., float], *cases: Case) -> Summary | None:
        """Return the summary of `compute`, called with each round's figures.

        Rounds in which one of the cases was not measured do not count.
        """
        series = [self.figures.get(case, []) for case in cases]
        return summarise([compute(*figures) for figures in zip(*series, strict=False)])

    def updated(self, newer: "Results") -> "Results":
        """Return these results with the figures of `newer` added or put in place.

        Raises `ValueError` unless both were measured on the same and in the same way.
        """
        # As they are written, so that a list and a tuple are the same.
        own, other = (json.dumps([r.machine, r.sizes]) for r in (self, newer))
        if own != other:
            msg = "the figures that are there come of other versions, rounds or sizes"
            raise ValueError(msg)
        return Results(self.sizes, self.machine, self.figures | newer.figures)

    def save(self, path: Path) -> None:
        """Write everything to a JSON file."""
        series = [
            asdict(case) | {"rounds": figures} for case, figures in self.figures.items()
        ]
        series.sort(key=lambda entry: [str(value) for value in entry.values()])
        lines = ",\n  ".join(json.dumps(entry) for entry in series)
        path.write_text(
            f'{{"machine": {json.dumps(self.machine)},\n'
            f'"sizes": {json.dumps(self.sizes)},\n"figures": [\n  {lines}\n]}}\n'
        )

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Return what `save` wrote."""
        data = json.loads(path.read_text())
        figures = {}
        for entry in data["figures"]:
            rounds = entry.pop("rounds")
            figures[Case(**entry)] = rounds
        return cls(data["sizes"], data["machine"], figures)


def summarise(figures: list[float]) -> Summary | None:
    """Return the summary of some figures, or None if there are none."""
    if not figures:
        return None
    median = statistics.median(figures)
    return Summary(median, min(figures), max(figures), len(figures))


def machine() -> dict[str, Any]:
    """Return what the figures depend on; nothing that names the machine."""
    # Those that this process may use, where the system tells.
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return {
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in STACK},
    }
