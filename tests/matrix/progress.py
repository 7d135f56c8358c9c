"""What the terminal shows while the matrix runs, and the table at its end.

Works in the process that pytest was started in; the workers send their figures as
user properties of the tests.
"""

import time
from collections import defaultdict

import pytest

INTERVAL = 10.0  # seconds between two lines of progress
SLOWEST = 5


class Progress:
    """A plugin that reports progress, what remains, and what was done."""

    def __init__(self, workers: int, tests: list[str] | None = None) -> None:
        self._workers = max(workers, 1)
        self._totals: dict[str, int] = defaultdict(int)
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._suites: list[tuple[float, str, str, bool]] = []
        self._combinations = 0
        self._last = time.monotonic()
        self._reporter: pytest.TerminalReporter | None = None
        self.expect(tests or [])

    def expect(self, tests: list[str]) -> None:
        """Note which tests will run."""
        for test in tests:
            self._totals[_kind(test)] += 1

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find the terminal."""
        plugin = session.config.pluginmanager.get_plugin("terminalreporter")
        self._reporter = plugin

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the tests of a run without workers."""
        self.expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(
        self, node: object, ids: list[str]
    ) -> None:
        """Note the tests of a run with workers, all of which collect the same."""
        if not self._totals:
            self.expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test and, now and then, say how far the run is."""
        if report.when != "call":
            return
        self._seconds[_kind(report.nodeid)].append(report.duration)
        properties = dict(report.user_properties)
        if "combination" in properties:
            self._combinations += 1
        if "suite" in properties:
            suite, cached = str(properties["suite"]), bool(properties["cached"])
            name = str(properties["answers"])
            self._suites.append((report.duration, name, suite, cached))
        now = time.monotonic()
        if self._reporter and now - self._last >= INTERVAL:
            self._last = now
            self._reporter.write_line("")
            self._reporter.write_line(self.line())

    def line(self) -> str:
        """Return how far the run is and how long the rest will take, about."""
        done = sum(len(seconds) for seconds in self._seconds.values())
        remaining = 0.0
        for kind, total in self._totals.items():
            seconds = self._seconds[kind] or [1.0]
            left = total - len(self._seconds[kind])
            remaining += left * sum(seconds) / len(seconds) / self._workers
        total = sum(self._totals.values())
        return f"{done} of {total} tests, about {remaining:.0f} s remain"

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Print the table."""
        if not self._combinations and not self._suites:
            return
        write = terminalreporter.write_line
        ran = [suite for suite in self._suites if not suite[3]]
        terminalreporter.section("matrix")
        write(f"{'combinations rendered and checked':40}{self._combinations:>8}")
        write(f"{'suites':40}{len(self._suites):>8}")
        write(f"{'distinct suites':40}{len({s[2] for s in self._suites}):>8}")
        write(f"{'run':40}{len(ran):>8}")
        write(f"{'known to pass (cache)':40}{len(self._suites) - len(ran):>8}")
        for seconds, name, _, _ in sorted(ran, reverse=True)[:SLOWEST]:
            write(f"{seconds:6.1f} s  {name}")


def _kind(test: str) -> str:
    return test.partition("[")[0]
