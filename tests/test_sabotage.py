"""Sabotage: projects are broken on purpose, and their own tests have to notice."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .matrix.projects import Project, Renderer, once
from .matrix.runner import Run, run_pytest
from .matrix.suites import POSTGRESQL, databases_of
from .sabotage import (
    Break,
    application,
    leaks,
    recreate,
    rollback,
    settings,
    snapshot,
    truncate,
)
from .scenarios import SCENARIOS, add_scenario

MODULES = (rollback, snapshot, truncate, recreate, application, leaks, settings)
# Three failures are enough, always the same three. What a broken project leaves to the
# garbage collector would end the run before it has reported them.
OPTIONS = ("-q", "--tb=line", "--maxfail=3", "-p", "no:pytest_cov")
OPTIONS += ("-p", "no:unraisableexception")
RunTests = Callable[..., Run]


@pytest.fixture
def run_tests(request: pytest.FixtureRequest, tmp_path: Path) -> RunTests:
    """Runs tests of a project: `run_tests(project, "-x", "tests/test_models.py")`."""

    def run_tests(project: Project, *arguments: str) -> Run:
        variables = {}
        if POSTGRESQL in databases_of(project):
            server = request.getfixturevalue("server")
            name = re.sub(r"\W", "_", f"{tmp_path.name}_{project.root.name}")[-32:]
            url = f"postgresql://postgres@127.0.0.1:{server}/{name}_test"
            variables["TEST_DATABASE_URL"] = url
        return run_pytest(project.root, arguments, **variables)

    return run_tests


@pytest.mark.parametrize(
    ("broken", "backend"),
    [
        pytest.param(broken, backend, id=f"{backend}-{broken.isolation}-{broken.what}")
        for module in MODULES
        for broken in module.BREAKS
        for backend in broken.backends
    ],
)
def test_break_is_noticed(
    render: Renderer,
    run_tests: RunTests,
    tmp_path: Path,
    shared: Path,
    broken: Break,
    backend: str,
) -> None:
    answers = {"isolation": broken.isolation, "example": broken.example}
    sound = render(backend=backend, coverage="none", **answers).copy(tmp_path / "sound")
    file, _, test = broken.noticed_by.partition("::")
    path = path_of_tests(sound, file)
    arguments = [*OPTIONS, *broken.options, path]
    known = re.sub(r"\W", "_", f"{backend} {answers} {arguments}")
    with once(shared / "sound" / known) as first:
        done = run_tests(sound, *arguments) if first else None
        if done and (done.status or not done.outcomes):
            sound.fail("it fails unbroken", ["pytest", *arguments], done.output)

    project = sound.copy(tmp_path / "broken")
    make(broken, project)
    done = run_tests(project, *arguments)
    problem = problem_of(broken, test, done)
    if problem:
        project.fail(problem, ["pytest", *arguments], done.output)


def path_of_tests(project: Project, file: str) -> str:
    """Return the path of tests in a project; a scenario is added to it first."""
    if (SCENARIOS / f"{file}.py").exists():
        return add_scenario(project, file)
    [path] = project.files(f"test_{file}.py")
    return path.as_posix()


def make(broken: Break, project: Project) -> None:
    """Break the project."""
    path = project.root / broken.file.format(package=project.package)
    before = path.read_text() if broken.old else ""
    assert before.count(broken.old) == 1, f"{path} has not exactly one {broken.old!r}"
    path.write_text(before.replace(broken.old, broken.new))


def problem_of(broken: Break, test: str, done: Run) -> str:
    """Return why a run did not notice a break as it has to, or an empty string."""
    failed = {name for name, outcome in done.outcomes.items() if outcome == "failed"}
    if done.status != broken.status:
        return f"exit status {done.status}, not {broken.status}"
    if broken.says not in done.output:
        return f"the output does not say {broken.says!r}"
    if broken.status == pytest.ExitCode.USAGE_ERROR:
        return "tests ran all the same" if done.outcomes else ""
    functions = {re.sub(r".*::test_|\[.*", "", name) for name in failed}
    if test and test not in functions:
        return f"not noticed by {broken.noticed_by}, but by {sorted(failed)}"
    if failed == set(done.outcomes) and not broken.says:
        return "no test passes, so it may have failed for any reason"
    return ""


def test_breaks_differ() -> None:
    breaks = [broken for module in MODULES for broken in module.BREAKS]

    assert len(set(breaks)) == len(breaks) >= 75
