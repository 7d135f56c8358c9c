"""The command: `python -m benchmarks`."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from tests.matrix.environment import REPOSITORY
from tests.matrix.projects import Renderer, snapshot
from tests.matrix.runner import Runner

from . import plots
from .measuring import BenchmarkError, Suites, run, seconds
from .plan import OTHERS, QUICK, Plan, Sizes, Task
from .projects import Projects
from .report import Report
from .results import Results, machine
from .scaffolding import Scaffolding
from .servers import postgresql_server

PARTS = ("strategies", "tables", "numbers", "start", "copier")
ON_REQUEST = "matrix"
FIGURES = "benchmarks.json"
TABLES = "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return the exit status."""
    options = _options(arguments)
    output: Path | None = options.output
    if output is None and not (options.quick or options.only):
        output = REPOSITORY / "docs"
    try:
        if options.draw:
            results = Results.load((output or REPOSITORY / "docs") / FIGURES)
        else:
            results = measure(options)
            if options.only and output and (output / FIGURES).exists():
                results = Results.load(output / FIGURES).updated(results)
    except (BenchmarkError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    report = Report(results)
    print(report.markdown(), end="")
    if output is not None:
        output.mkdir(exist_ok=True, parents=True)
        results.save(output / FIGURES)
        (output / TABLES).write_text(report.markdown())
        plots.draw(results, report, output)
    return 0


def measure(options: argparse.Namespace) -> Results:
    """Run what the options ask for."""
    sizes = QUICK if options.quick else Sizes()
    if options.runs:
        sizes = _with_rounds(sizes, options.runs)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-"))
        )
        template = folder / "template"
        snapshot(template)
        server = stack.enter_context(
            postgresql_server(
                template / "template" / "tests" / "harness",
                [f"{subject}_test" for subject in OTHERS],
            )
        )
        runner = None
        if options.quick:
            (folder / "runner").mkdir()
            runner = Runner(folder / "runner")
            stack.callback(runner.close)
        (folder / "copier").mkdir()
        plan = Plan(
            sizes,
            Suites(folder, runner),
            Projects(Renderer(template, folder / "rendered"), folder, server),
            Scaffolding(template, folder / "copier"),
            _everything,
        )
        parts = set(options.only or PARTS)
        if "tables" in parts:
            parts.add("strategies")  # which has the fewest tables
        tasks = [task for task in plan.tasks() if task.part in parts]
        results = Results(asdict(sizes), machine())
        _measure(tasks, results)
    return results


def _measure(tasks: list[Task], results: Results) -> None:
    """Run all tasks in rounds, in random order, and say how far that is."""
    rounds = max(task.rounds for task in tasks)
    jobs = []
    for number in range(rounds):
        due = [task for task in tasks if number < task.rounds]
        random.Random(number).shuffle(due)
        jobs += [(number, task) for task in due]
    expected = {task.name: task.guess for task in tasks}
    for position, (number, task) in enumerate(jobs):
        remaining = sum(expected[later.name] for _, later in jobs[position:])
        print(
            f"{position + 1} of {len(jobs)}, {_duration(remaining)} left, "
            f"round {number + 1}: {task.name}",
            file=sys.stderr,
            flush=True,
        )
        start = time.monotonic()
        if task.warm_up and number == 0:
            task.measure()
            start = time.monotonic()
        for case, figure in task.measure().items():
            results.add(case, figure)
        expected[task.name] = time.monotonic() - start


def _everything() -> float:
    """Return the seconds that the tests of the template take, all suites included."""
    command = [sys.executable, "-m", "pytest", "-q", "--every-suite"]
    with tempfile.TemporaryDirectory() as cache:
        # What an earlier run has found to pass must not be left out.
        command += ["-o", f"cache_dir={cache}"]
        return seconds(lambda: run(REPOSITORY, *command, timeout=None))


def _with_rounds(sizes: Sizes, rounds: int) -> Sizes:
    """Return sizes with `rounds` rounds, and as many more or less of each part."""
    names = [name for name in asdict(sizes) if name.startswith("rounds")]
    scaled = {
        name: max(1, round(getattr(sizes, name) * rounds / sizes.rounds))
        for name in names
    }
    return replace(sizes, **scaled)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures what isolating database tests costs, here and elsewhere.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="run everything in its smallest size: the figures mean nothing",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[*PARTS, ON_REQUEST],
        help="measure this part only, and with --output keep the figures of the others "
        f"that are there; may be given several times; {ON_REQUEST}, which takes many "
        "minutes, is all tests of the template and measured only if it is asked for",
    )
    parser.add_argument(
        "--runs",
        type=int,
        metavar="N",
        help="measure tests in N rounds, 5 unless told, and the rest in proportion",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="write tables, figures and plots there: docs/ unless told, but nowhere "
        "after --quick or --only",
    )
    parser.add_argument(
        "--draw",
        action="store_true",
        help="measure nothing: make tables and plots of the figures that are there",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
