"""Sabotage: projects are broken on purpose, and their own tests have to notice."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix.projects import Project, Renderer, digest, once
from .matrix.questionnaire import Value
from .matrix.runner import Run, run_pytest
from .sabotage import BREAKS, Break
from .scenarios import SCENARIOS, add_scenario

# Three failures are enough, always the same three. What a broken project leaves to the
# garbage collector would end the run before it has reported them.
OPTIONS = ["-q", "--tb=line", "--maxfail=3", "-p", "no:pytest_cov"]
OPTIONS += ["-p", "no:unraisableexception"]


@pytest.mark.one_of("backend", first=True)  # the one on which it shows most
@pytest.mark.parametrize(
    ("broken", "backend"),
    [
        pytest.param(broken, backend, id=f"{backend}-{broken.subject}-{broken.what}")
        for broken in BREAKS
        for backend in broken.backends
    ],
)
def test_break_is_noticed(
    render: Renderer,
    tmp_path: Path,
    shared: Path,
    server: int,
    pytestconfig: pytest.Config,
    broken: Break,
    backend: str,
) -> None:
    answers: dict[str, Value] = {"backend": backend, **dict(broken.answers)}
    project = render(**answers).copy(tmp_path / "project")
    file, _, test = broken.noticed_by.partition("::")
    arguments = [*OPTIONS, *broken.options, path_of_tests(project, file)]
    variables = {}
    if backend == "postgresql":
        url = f"postgresql://postgres@127.0.0.1:{server}/{digest(str(tmp_path))}_test"
        variables["TEST_DATABASE_URL"] = url

    if pytestconfig.getoption("every"):  # else it is enough that other tests pass
        with once(shared / "sound" / digest(repr(answers), *arguments)) as first:
            sound = run_pytest(project.root, arguments, **variables) if first else None
            if sound and (sound.status or not sound.outcomes):
                command = ["pytest", *arguments]
                project.fail("it fails unbroken", command, sound.output)
    make(broken, project)
    done = run_pytest(project.root, arguments, **variables)
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
    path.write_text(before.replace(broken.old, broken.replacement))
    # Python takes a file of the same size and second for the one that it has compiled.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)


def problem_of(broken: Break, test: str, done: Run) -> str:
    """Return why a run did not notice a break as it has to, or an empty string."""
    failed = {name for name, outcome in done.outcomes.items() if outcome == "failed"}
    status = pytest.ExitCode[broken.status]
    if done.status != status:
        return f"exit status {done.status}, not {status!r}"
    if broken.says not in done.output:
        return f"the output does not say {broken.says!r}"
    if status == pytest.ExitCode.USAGE_ERROR:
        return "tests ran all the same" if done.outcomes else ""
    names = [re.sub(r".*?::test_", "", name) for name in failed]
    if test and not any(name.startswith(test) for name in names):
        return f"not noticed by {broken.noticed_by}, but by {sorted(failed)}"
    if failed == set(done.outcomes) and not broken.says:
        return "no test passes, so it may have failed for any reason"
    return ""


def test_breaks_differ() -> None:
    assert len(set(BREAKS)) == len(BREAKS) >= 150
