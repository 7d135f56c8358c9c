"""A plugin for the runs that are measured: it notes when each test starts.

From the start of one test to the start of the next is all that a test costs: its
fixtures, its call, and what pytest and its plugins do in between.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

_starts: list[tuple[str, int]] = []


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Have the modules take turns, ten tests each, if a variable says so."""
    if os.environ["BENCHMARK_TAKE_TURNS"]:
        items.sort(key=lambda item: item.callspec.params["number"] // 10)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note the module, and the time in nanoseconds."""
    _starts.append((nodeid.partition("::")[0], time.perf_counter_ns()))


def pytest_sessionfinish() -> None:
    """Write what was noted to the file that an environment variable names."""
    Path(os.environ["BENCHMARK_REPORT"]).write_text(json.dumps(_starts))
