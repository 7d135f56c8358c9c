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
    # Modules may take turns. Ten tests each: medians leave out what a change costs.
    if os.environ["BENCHMARK_TAKE_TURNS"]:
        items.sort(key=lambda item: item.callspec.params["number"] // 10)


def pytest_runtest_logstart(nodeid: str) -> None:
    _starts.append((nodeid.partition("::")[0], time.perf_counter_ns()))


def pytest_sessionfinish() -> None:
    Path(os.environ["BENCHMARK_REPORT"]).write_text(json.dumps(_starts))
