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
from .results import DETECTOR, EMPTY, PROCESS, REALISTIC, TAKING_TURNS, Case

SUBJECTS = Path(__file__).with_name("subjects")
MEASURES = {"test_floor": EMPTY, "test_empty": EMPTY}
MEASURES |= {"test_realistic": REALISTIC, "test_detector": DETECTOR}


def run_suite(
    task: Task, project: Path, variables: Mapping[str, str]
) -> dict[Case, float]:
    """Run a task's suite in the folder `project`; return what was measured.

    Its modules run one after the other, or their tests take turns.
    """
    report = project / "starts.json"
    arguments = ["-q", "-p", "no:cacheprovider"]
    arguments += ["-n", str(task.workers)] if task.workers > 1 else ["-p", "recorder"]
    arguments += [f"tests/{module}.py" for module in task.modules]
    if task.part == "turns":  # the harness keeps off the recipe's database otherwise
        arguments += ["-o", "test_databases=BENCHMARK_DATABASE_URL"]
    settings = {
        "BENCHMARK_REPORT": str(report),
        "BENCHMARK_TESTS": str(task.tests),
        "BENCHMARK_TAKE_TURNS": "yes" if task.part == "turns" else "",
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
    prefix = TAKING_TURNS if task.part == "turns" else ""
    starts = json.loads(report.read_text()) if task.workers == 1 else []
    for module, cost in costs(starts).items():
        folder, _, name = module.rpartition("/")
        subject = folder or task.subject
        found[Case(prefix + MEASURES[name], subject, task.backend, *sizes)] = cost
    return found


def costs(starts: list[tuple[str, int]]) -> dict[str, float]:
    """Return what a test of each module costs, in milliseconds.

    `starts` has the module and the time in nanoseconds of each test's start. The cost
    is the median of the times to the next test's start, without the module's first and
    last 5 %: the first test prepares the database for all.
    """
    gaps: dict[str, list[int]] = {}
    for (path, start), (_, following) in pairwise(starts):
        module = path.removeprefix("tests/").removesuffix(".py")
        gaps.setdefault(module, []).append(following - start)
    found = {}
    for module, times in gaps.items():
        left_out = max(len(times) // 20, 1)
        found[module] = statistics.median(times[left_out:-left_out] or times) / 1e6
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
