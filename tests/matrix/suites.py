"""Running the suite of a rendered project, and judging what it reports."""

import re
from collections import Counter
from pathlib import Path

from .expectations import expected_tests, skipped_tests
from .projects import Project
from .runner import Run, Runner

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


def databases_of(project: Project) -> list[str]:
    """Return the kinds of databases that the project's suite runs on."""
    harness = {path.name for path in project.files("*.py") if "harness" in path.parts}
    kinds = {SQLITE: "sqlite.py", POSTGRESQL: "postgresql.py"}
    return [kind for kind, file in kinds.items() if file in harness]


def arguments_of(project: Project) -> list[str]:
    """Return the arguments for pytest that make the suite do all that it can."""
    arguments = ["-q", "--tb=short"]
    if len(databases_of(project)) > 1:
        arguments += ["--database", "all"]
    # A project that chose no coverage has no pytest-cov either.
    measured = project.answers["coverage"] != "none"
    return [*arguments, *(["--cov"] if measured else ["-p", "no:pytest_cov"])]


def run_suite(
    project: Project, runner: Runner, folder: Path, server: int | None
) -> None:
    """Run the project's suite in a copy of it, the new folder `folder`.

    A suite for PostgreSQL uses the server at the port `server`; its databases are
    named after `folder`. The test fails unless every test ran that the
    project's source has, and passed.
    """
    copy = project.copy(folder)
    arguments = arguments_of(project)
    variables = {}
    if POSTGRESQL in databases_of(project):
        name = re.sub(r"\W", "_", folder.name)[-32:]
        url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
        variables["TEST_DATABASE_URL"] = url
    run = runner.pytest(copy.root, arguments, **variables)
    problem = _problem(copy, run)
    if problem:
        settings = [f"{name}={value}" for name, value in variables.items()]
        command = ["env", "PYTHONPATH=src", *settings, "pytest", *arguments]
        copy.fail(problem, command, run.output)


def _problem(project: Project, run: Run) -> str | None:
    """Return what is wrong with a run of the project's whole suite, if anything."""
    if run.status:
        return f"the suite's exit status is {run.status}"
    wrong = wrong_counts(project, run.outcomes)
    if wrong:
        return wrong
    threshold = project.answers.get("coverage_fail_under")
    if threshold and f"Required test coverage of {threshold}" not in run.output:
        return f"the threshold of {threshold} % coverage was not checked"
    return None


def wrong_counts(project: Project, outcomes: dict[str, str]) -> str | None:
    """Return how the tests that ran differ from those in the source, if they do."""
    databases = len(databases_of(project))
    expected = expected_tests(project, databases)
    counted = Counter(test.split("[")[0] for test in outcomes)
    if not expected or counted != expected:
        missing, surplus = expected - counted, counted - expected
        return (
            f"{counted.total()} tests ran where the source has {expected.total()}; "
            f"missing: {dict(missing)}, more than expected: {dict(surplus)}"
        )
    may_skip = skipped_tests(project) if databases > 1 else set()
    skipped = Counter(t.split("[")[0] for t, o in outcomes.items() if o == "skipped")
    for test, times in skipped.items():
        if test not in may_skip or times * databases > expected[test]:
            return f"{test} was skipped"
    failed = [test for test, outcome in outcomes.items() if outcome == "failed"]
    return f"failed: {failed}" if failed else None
