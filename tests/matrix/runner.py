"""Runs pytest in rendered projects and says what became of each test."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import environment
from .environment import program


@dataclass(frozen=True)
class Run:
    """What came of running pytest: its status, what it printed, and each outcome.

    `outcomes` has "passed", "failed" or "skipped" for each test that ran. A test whose
    fixtures fail has failed.
    """

    status: int
    output: str
    outcomes: dict[str, str]


def run_pytest(root: Path, arguments: Sequence[str], **variables: str | Path) -> Run:
    """Run pytest with `arguments` in the folder `root`, with these `variables`."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.json"
        command = [program("pytest"), f"--report-log={log}", *arguments]
        done = environment.run(root, *command, **variables)
        lines = log.read_text().splitlines() if log.exists() else []
    return Run(done.returncode, done.stdout + done.stderr, _outcomes(lines))


def _outcomes(lines: list[str]) -> dict[str, str]:
    """Return what became of each test, from the lines that pytest-reportlog wrote."""
    outcomes: dict[str, str] = {}
    for line in lines:
        report = json.loads(line)
        if report["$report_type"] == "TestReport":
            test, outcome = report["nodeid"], report["outcome"]
            # The parts of a test pass unless it says otherwise: the worst one counts.
            if outcome != "passed" or test not in outcomes:
                outcomes[test] = outcome
    return outcomes
