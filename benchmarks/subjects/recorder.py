"""A plugin for the runs that are measured: it notes something when each test starts.

Mostly that is the time. From the start of one test to the start of the next is all that
a test costs: its fixtures, its call, and what pytest and its plugins do in between. For
the part `trips` it is how often a server has answered, for `memory` how many KiB the
process takes.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trips import Trips  # type: ignore[import-not-found]

PART = os.environ["BENCHMARK_PART"]
_noted: list[tuple[str, int]] = []


def _note() -> Callable[[], int]:
    if PART == "trips":
        server = os.environ["BENCHMARK_SERVER"]
        trips = Trips(server)
        for name in ("BENCHMARK_DATABASE_URL", "TEST_DATABASE_URL"):
            if url := os.environ.get(name):
                os.environ[name] = url.replace(server, trips.directory)
        return lambda: trips.count
    if PART == "memory":
        pages = Path("/proc/self/statm")
        size = os.sysconf("SC_PAGE_SIZE") // 1024
        return lambda: int(pages.read_text().split()[1]) * size
    return time.perf_counter_ns


_now = _note()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    # Modules may take turns. Ten tests each: medians leave out what a change costs.
    if PART == "turns":
        items.sort(key=lambda item: item.callspec.params["number"] // 10)


def pytest_runtest_logstart(nodeid: str) -> None:
    _noted.append((nodeid.partition("::")[0], _now()))


def pytest_sessionfinish() -> None:
    Path(os.environ["BENCHMARK_REPORT"]).write_text(json.dumps(_noted))
