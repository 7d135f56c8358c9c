"""Runs suites in processes of their own and measures them."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from tests.matrix import environment

from .plan import Task
from .results import (
    DETECTOR,
    EMPTY,
    MEMORY,
    PROCESS,
    REALISTIC,
    TAKING_TURNS,
    TRIPS,
    Case,
)

SUBJECTS = Path(__file__).with_name("subjects")
MEASURES = {"test_floor": EMPTY, "test_empty": EMPTY}
MEASURES |= {"test_realistic": REALISTIC, "test_driver": REALISTIC}
MEASURES |= {"test_detector": DETECTOR}
PREFIXES = {"turns": TAKING_TURNS, "trips": TRIPS}


def run_suite(
    task: Task, project: Path, variables: Mapping[str, str]
) -> dict[Case, float]:
    """Run a task's suite in the folder `project`; return what was measured.

    Its modules run one after the other, or their tests take turns.
    """
    report = project / "noted.json"
    arguments = ["-q", "-p", "no:cacheprovider"]
    arguments += ["-n", str(task.workers)] if task.workers > 1 else ["-p", "recorder"]
    arguments += [f"tests/{module}.py" for module in task.modules]
    if task.part == "turns":  # the harness keeps off the recipe's database otherwise
        arguments += ["-o", "test_databases=BENCHMARK_DATABASE_URL"]
    settings = {
        "BENCHMARK_REPORT": str(report),
        "BENCHMARK_TESTS": str(task.tests),
        "BENCHMARK_PART": task.part,
        "PYTHONPATH": f"src{os.pathsep}{SUBJECTS}",
        **variables,
    }
    pytest = (sys.executable, "-m", "pytest")
    output, whole = run(project, *pytest, *arguments, **settings)
    if f"{task.tests * len(task.modules)} passed" not in output:
        msg = f"a suite in {project} did not pass:\n{output[-4000:]}"
        raise ValueError(msg)

    # A part with one number of tests for each subject does not tell it.
    tests = task.tests if task.part in ("numbers", "start") else 0
    sizes = (task.tables, tests, task.workers)
    found = {Case(PROCESS, task.subject, task.backend, *sizes): whole} if tests else {}
    noted = json.loads(report.read_text()) if task.workers == 1 else []
    if task.part == "memory":
        return {Case(MEMORY, task.subject, task.backend, *sizes): growth(noted)}
    unit, prefix = (1 if task.part == "trips" else 1e6), PREFIXES.get(task.part, "")
    for module, cost in costs(noted, unit).items():
        folder, _, name = module.rpartition("/")
        subject = folder or task.subject
        found[Case(prefix + MEASURES[name], subject, task.backend, *sizes)] = cost
    return found


def growth(noted: list[tuple[str, int]]) -> float:
    """Return how many times as much the last tests have as those after the first."""
    few = max(len(noted) // 50, 1)
    near_start, at_end = noted[few : 2 * few], noted[-few:]
    least, most = (
        statistics.median(number for _, number in tests)
        for tests in (near_start, at_end)
    )
    return most / least


def costs(starts: list[tuple[str, int]], unit: float = 1e6) -> dict[str, float]:
    """Return what a test of each module costs, in milliseconds.

    `starts` has the module and the time in nanoseconds of each test's start, or some
    other number to be told in a `unit`. The cost is the median of what is between it
    and the next test's, without the module's first and last 5 %: the first test
    prepares the database for all.
    """
    gaps: dict[str, list[int]] = {}
    for (path, start), (_, following) in pairwise(starts):
        module = path.removeprefix("tests/").removesuffix(".py")
        gaps.setdefault(module, []).append(following - start)
    found = {}
    for module, times in gaps.items():
        left_out = max(len(times) // 20, 1)
        found[module] = statistics.median(times[left_out:-left_out] or times) / unit
    return found


def run(folder: Path, *command: str | Path, **variables: str) -> tuple[str, float]:
    """Run a command in a folder; return what it prints and the seconds it takes.

    Raises `CalledProcessError` if it fails.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=folder,
        env=environment.variables(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout, time.perf_counter() - start
