"""What was measured: series of figures, one figure for each round of a run.

Figures are compared within their round: what disturbs the machine hits both alike.
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

EMPTY, REALISTIC = "empty test, ms", "realistic test, ms"
DETECTOR = "test with 100 times the leak detector, ms"
PROCESS = "process, s"
TAKING_TURNS = "taking turns: "  # before the names of the first two
TRIPS = "trips to the server: "  # before them, too
MEMORY = "memory at the end, times that near the start"
CPU, BEFORE, AFTER = "CPU, s", "before", "after"
FLOOR, WITHOUT, DRIVER = "floor", "without a database", "driver"
SERVED, FAILED = "requests/s, ", "failed requests, "  # before these names
RENDERED, BARE = "rendered", "bare"

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

    def compare(self, compute: Callable[..., float], *cases: Case) -> Summary | None:
        """Sum up what `compute` makes of each round in which all cases were measured.

        Returns None if there is no such round.
        """
        series = [self.figures.get(case, []) for case in cases]
        found = [compute(*figures) for figures in zip(*series, strict=False)]
        if not found:
            return None
        return Summary(statistics.median(found), min(found), max(found), len(found))

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
        cases = self.figures.items()
        series = [asdict(case) | {"rounds": figures} for case, figures in cases]
        lines = ",\n  ".join(sorted(json.dumps(entry) for entry in series))
        path.write_text(
            f'{{"machine": {json.dumps(self.machine)},\n'
            f'"sizes": {json.dumps(self.sizes)},\n"figures": [\n  {lines}\n]}}\n'
        )

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Return what `save` wrote."""
        data = json.loads(path.read_text())
        series = [(entry.pop("rounds"), entry) for entry in data["figures"]]
        figures = {Case(**entry): rounds for rounds, entry in series}
        return cls(data["sizes"], data["machine"], figures)


def machine() -> dict[str, Any]:
    """Return what the figures depend on; nothing that names the machine."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in STACK},
    }
