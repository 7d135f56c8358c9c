"""Runs suites in processes of their own and measures them."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.matrix import environment
from tests.matrix.runner import Runner

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


@dataclass(frozen=True)
class Suites:
    """Runs suites; `folder` is for its own files.

    With a `runner`, suites run in processes that are forked from a warm one. That
    saves a second for each; only whether a suite works can be learnt from it.
    """

    folder: Path
    runner: Runner | None = None

    def run(
        self,
        project: Path,
        *modules: str,
        tests: int,
        workers: int = 1,
        whole: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> Timing:
        """Run `modules`, with `tests` equal tests each, in the folder `project`.

        With `whole` the process is never forked from a warm one.
        """
        report = self.folder / "starts.json"
        arguments = ["-q", "-p", "no:cacheprovider"]
        if workers > 1:
            arguments += ["-n", str(workers)]
        else:
            arguments += ["-p", "recorder"]
        arguments += [f"tests/{module}.py" for module in modules]
        settings = {
            "BENCHMARK_REPORT": str(report),
            "BENCHMARK_TESTS": str(tests),
            "PYTHONPATH": f"src{os.pathsep}{SUBJECTS}",
            **(variables or {}),
        }
        start = time.perf_counter()
        if self.runner is None or whole or workers > 1:
            command = [sys.executable, "-m", "pytest", *arguments]
            output = run(project, *command, variables=settings, timeout=None)
        else:
            forked = self.runner.pytest(project, arguments, **settings)
            output = forked.output
            if forked.status:
                msg = f"a suite in {project} failed:\n{output[-4000:]}"
                raise BenchmarkError(msg)
        seconds = time.perf_counter() - start
        if f"{tests * len(modules)} passed" not in output:
            msg = f"a suite in {project} did not pass:\n{output[-4000:]}"
            raise BenchmarkError(msg)
        if workers > 1:
            return Timing(seconds, {})
        return Timing(seconds, costs(json.loads(report.read_text())))


def costs(starts: list[tuple[str, int]]) -> dict[str, float]:
    """Return what a test of each module costs, in milliseconds.

    `starts` has the module and the time in nanoseconds of each test's start. It is
    the median of the times between two starts, without the first and last 5 %: the
    first of them prepares the database for all.
    """
    times: dict[str, list[int]] = {}
    for path, nanoseconds in starts:
        times.setdefault(Path(path).stem, []).append(nanoseconds)
    found = {}
    for module, ticks in times.items():
        gaps = [later - earlier for earlier, later in pairwise(ticks)]
        left_out = max(len(gaps) // 20, 1)
        kept = gaps[left_out:-left_out] or gaps
        if kept:
            found[module] = statistics.median(kept) / 1e6
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
