"""Tests that need not run again while nothing has changed that they depend on.

Tests marked `remembered` start programs and servers, for seconds each. One that has
passed is reported as passed at once for as long as the template, the tests, the lock
file and the interpreter with everything installed stay what they were.
"""

import hashlib
from collections.abc import Generator
from pathlib import Path

import pytest

from .results import KnownResults, key

SOURCES = (
    *("README.md", "benchmarks", "copier.yml", "hooks", "licenses", "template"),
    "tests",
)


class Remembering:
    """A plugin that skips the work of `remembered` tests that are known to pass."""

    def __init__(self, template: Path, known: KnownResults) -> None:
        self._known = known
        self._sources = tree_hash(template)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Report a known test as passed without running it, its fixtures included."""
        if not self._is_remembered(item) or not self._known.has(self._key(item)):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            dict.fromkeys(item.keywords, 1),
            "passed",
            None,
            "call",
            user_properties=[("remembered", True)],
        )
        item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Remember a test when all of its phases have passed."""
        report = yield
        passed = item.stash.setdefault(_PASSED, []) if report.passed else []
        passed.append(str(report.when))
        if self._is_remembered(item) and passed == ["setup", "call", "teardown"]:
            self._known.add(self._key(item))
        return report

    def _is_remembered(self, item: pytest.Item) -> bool:
        return item.get_closest_marker("remembered") is not None

    def _key(self, item: pytest.Item) -> str:
        return key("test", item.nodeid, self._sources)


_PASSED = pytest.StashKey[list[str]]()


def tree_hash(folder: Path) -> str:
    """Return what identifies the template and its tests, by names and contents."""
    digest = hashlib.sha256()
    for name in SOURCES:
        top = folder / name
        for path in [top, *sorted(top.rglob("*"))]:
            if path.is_file():
                contents = path.read_bytes()
                relative = path.relative_to(folder).as_posix()
                digest.update(f"{relative}\0{len(contents)}\0".encode() + contents)
    return digest.hexdigest()
