"""Running the suite of a rendered project, and judging what it reports."""

import ast
import re
from pathlib import Path

from .projects import Project
from .runner import run_pytest

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


def databases_of(project: Project) -> list[str]:
    """Return the kinds of databases that the project's suite runs on."""
    harness = project.root / "tests" / "harness"
    return [k for k in (SQLITE, POSTGRESQL) if (harness / f"{k}.py").exists()]


def run_suite(project: Project, folder: Path, server: int | None) -> None:
    """Run the project's suite in a copy of it, the new folder `folder`.

    A suite for PostgreSQL uses the server at the port `server`; its databases are
    named after `folder`. The test fails unless every test ran that the
    project's source has, and passed.
    """
    copy = project.copy(folder)
    databases = databases_of(project)
    arguments = ["-q", "--tb=short"]
    arguments += ["--database", "all"] if len(databases) > 1 else []
    # A project that chose no coverage has no pytest-cov either.
    measured = project.answers["coverage"] != "none"
    arguments += ["--cov"] if measured else ["-p", "no:pytest_cov"]
    variables = {}
    if POSTGRESQL in databases:
        name = re.sub(r"\W", "_", folder.name)[-32:]
        url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
        variables["TEST_DATABASE_URL"] = url
    run = run_pytest(copy.root, arguments, **variables)
    problem = problem_of_outcomes(copy, run.outcomes)
    threshold = project.answers.get("coverage_fail_under", "0")
    if threshold != "0" and f"Required test coverage of {threshold}" not in run.output:
        problem = f"the threshold of {threshold} % coverage was not checked"
    if run.status:
        problem = f"the suite's exit status is {run.status}"
    if problem:
        settings = [f"{name}={value}" for name, value in variables.items()]
        command = ["env", "PYTHONPATH=src", *settings, "pytest", *arguments]
        copy.fail(problem, command, run.output)


def problem_of_outcomes(project: Project, outcomes: dict[str, str]) -> str | None:
    """Return how the tests that ran differ from those in the source, if they do.

    Each function has to run, on each database if it uses one, and to pass.
    """
    ran: dict[str, dict[str, str]] = {}
    for nodeid, outcome in outcomes.items():
        test, _, parameters = nodeid.rstrip("]").partition("[")
        ran.setdefault(test, {})[parameters] = outcome
    source = {
        f"{path.as_posix()}::{node.name}"
        for path in project.files("test_*.py")
        for node in ast.walk(ast.parse(project.read(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_")
    }
    if not source or ran.keys() != source:
        missing, surplus = source - ran.keys(), ran.keys() - source
        return f"not run: {missing}; not in the source: {surplus}"
    databases = databases_of(project)
    for test, runs in ran.items():
        ids = {part for parameters in runs for part in parameters.split("-")}
        found = [kind for kind in databases if kind in ids]
        if found and found != databases:
            return f"{test} ran on {found} only"
        if set(runs.values()) != {"passed"}:
            return f"{test} was {', '.join(runs.values())}"
    return None
