"""Runs suites in processes of their own and measures them."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.matrix import environment

SUBJECTS = Path(__file__).with_name("subjects")


class BenchmarkError(Exception):
    """Something that is measured did not work."""


@dataclass(frozen=True)
class Timing:
    """How long a suite took.

    `seconds` is the whole process, from its start to its end; `milliseconds` has what
    a test of each module costs.
    """

    seconds: float
    milliseconds: dict[str, float]


def run_suite(
    project: Path,
    modules: Sequence[str],
    *,
    tests: int,
    workers: int = 1,
    take_turns: bool = False,
    variables: Mapping[str, str],
) -> Timing:
    """Run `modules`, with `tests` equal tests each, in the folder `project`.

    They run one after the other, or their tests take turns.
    """
    report = project / "starts.json"
    arguments = ["-q", "-p", "no:cacheprovider"]
    arguments += ["-n", str(workers)] if workers > 1 else ["-p", "recorder"]
    settings = {
        "BENCHMARK_REPORT": str(report),
        "BENCHMARK_TESTS": str(tests),
        "BENCHMARK_TAKE_TURNS": "yes" if take_turns else "",
        "PYTHONPATH": f"src{os.pathsep}{SUBJECTS}",
        **variables,
    }
    files = [f"tests/{module}.py" for module in modules]
    command = [sys.executable, "-m", "pytest", *arguments, *files]
    start = time.perf_counter()
    output = run(project, *command, timeout=None, variables=settings)
    seconds = time.perf_counter() - start
    if f"{tests * len(modules)} passed" not in output:
        msg = f"a suite in {project} did not pass:\n{output[-4000:]}"
        raise BenchmarkError(msg)
    if workers > 1:
        return Timing(seconds, {})
    return Timing(seconds, costs(json.loads(report.read_text())))


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


def seconds(command: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    start = time.perf_counter()
    command()
    return time.perf_counter() - start


def run(
    folder: Path,
    *command: str | Path,
    timeout: float | None = environment.TIMEOUT,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a command in a folder and return what it prints.

    `timeout` is in seconds, None for as long as it takes; `variables` are added to
    the environment. Raises `BenchmarkError` if the command fails.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            check=True,
            cwd=folder,
            env=environment.variables(**(variables or {})),
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
        )
    except subprocess.CalledProcessError as error:
        msg = f"{command} failed:\n{error.stdout}{error.stderr}"
        raise BenchmarkError(msg) from error
    return done.stdout
