"""The command: `python -m benchmarks`."""

import argparse
import asyncio
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from template.tests.harness.server import PostgreSQLServer
from tests.matrix.environment import REPOSITORY
from tests.matrix.postgresql import postgresql_server
from tests.matrix.projects import Renderer, snapshot
from tests.matrix.repositories import commit

from . import plots
from .adoption import Adoption
from .load import MISSING, WRK, Load
from .measuring import run, run_suite
from .plan import LOAD, MATRIX, ON_REQUEST, PARTS, QUICK, Sizes, Task, plan
from .projects import Projects
from .report import markdown
from .results import PROCESS, Case, Results, machine
from .scaffolding import Scaffolding


def main() -> None:
    """Measure or load figures, print tables of them, and write both with plots."""
    options = _options()
    # What was started is stopped, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    nowhere = options.quick or options.only
    output: Path | None = options.output or (None if nowhere else REPOSITORY / "docs")
    figures = (output or REPOSITORY / "docs") / "benchmarks.json"
    if options.draw:
        results = Results.load(figures)
    else:
        try:
            results = measure(QUICK if options.quick else Sizes(), options.only)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{error}\n{error.stdout[-4000:]}")
        if options.only and output and figures.exists():
            results = Results.load(figures).updated(results)
    print(markdown(results), end="")
    if output is not None:
        output.mkdir(exist_ok=True, parents=True)
        results.save(figures)
        (output / "benchmarks.md").write_text(markdown(results))
        plots.draw(results, output)


def measure(sizes: Sizes, only: Sequence[str] | None) -> Results:
    """Run these parts, or all, in rounds of random order; say how far that is."""
    parts = set(only or PARTS)
    if "tables" in parts:
        parts.add("strategies")  # which has the fewest tables
    tasks = [task for task in plan(sizes) if task.part in parts]
    order = random.Random(0).random
    jobs = [(n, order(), task) for task in tasks for n in range(task.rounds)]
    jobs.sort(key=lambda job: job[:2])
    expected = {task: task.guess for task in tasks}
    results = Results(asdict(sizes), machine())
    with ExitStack() as stack:
        measured = _measuring(stack, sizes)
        for done, (number, _, task) in enumerate(jobs):
            left = sum(expected[later] for _, _, later in jobs[done:])
            progress = f"{done} of {len(jobs)}, {timedelta(seconds=round(left))} left"
            name = f"{task.part}: {task.subject} {task.backend}"
            print(f"{progress}, {name}", file=sys.stderr, flush=True)
            if number == 0 and task.part in ("start", "copier") and sizes != QUICK:
                measured(task)  # it compiles what it imports
            start = time.monotonic()
            for case, figure in measured(task).items():
                # In digits that are not all noise.
                results.figures.setdefault(case, []).append(round(figure, 4))
            expected[task] = time.monotonic() - start
    return results


def _measuring(stack: ExitStack, sizes: Sizes) -> Callable[[Task], dict[Case, float]]:
    """Return what runs a task and returns its figures, as long as `stack` is open."""
    temporary = tempfile.TemporaryDirectory(prefix="benchmarks-")
    folder = Path(stack.enter_context(temporary))
    snapshot(folder / "template")
    server = PostgreSQLServer(on_tcp=False)
    server.start()
    stack.callback(server.stop)
    asyncio.run(server.wait_until_ready())
    render = Renderer(folder / "template", folder / "rendered")
    projects = Projects(render, folder, server.directory)
    scaffolding = Scaffolding(folder / "template", folder / "copier")
    versioned = Path(
        shutil.copytree(folder / "template", folder / "versioned", symlinks=True)
    )
    commit(versioned, "0.1.0")
    adoption = Adoption(
        versioned, folder / "adopted", stack.enter_context(postgresql_server())
    )
    load = Load(render, folder / "load", server.directory, sizes)

    def measured(task: Task) -> dict[Case, float]:
        if task.part == "copier":
            return {Case(PROCESS, task.subject): scaffolding.seconds(task.subject)}
        if task.part == "adoption":
            return adoption.measure(task)
        if task.part == MATRIX:
            command = (sys.executable, "-m", *task.subject.split())
            return {Case(PROCESS, task.subject): run(REPOSITORY, *command)[1]}
        if task.part == LOAD:
            return load.measure(task)
        project = projects.make(task.subject, task.backend, task.tables)
        return run_suite(task, project, projects.variables(task))

    return measured


def _options() -> argparse.Namespace:
    text = "Measures what isolating database tests costs, here and elsewhere."
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=text)
    text = "run everything in its smallest size: the figures mean nothing"
    parser.add_argument("--quick", action="store_true", help=text)
    text = """measure this part only, and with --output keep the figures of the others
    that are there; may be given several times; two parts are measured only if they are
    asked for: `load`, the example's API under load, which needs wrk, and `matrix`, all
    tests of the template, which takes many minutes"""
    parts = [*PARTS, *ON_REQUEST]
    parser.add_argument("--only", action="append", choices=parts, help=text)
    text = "write everything there: docs/, but after --quick and --only nowhere"
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=text)
    text = "measure nothing: make tables and plots of the figures that are there"
    parser.add_argument("--draw", action="store_true", help=text)
    options = parser.parse_args()
    if LOAD in (options.only or ()) and not shutil.which(WRK):
        parser.error(MISSING)
    return options


if __name__ == "__main__":
    main()
