"""Factories: on every strategy, reproducible, and loud where they are misused."""

import re
from pathlib import Path

import pytest

from .matrix.facts import STRATEGIES
from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .matrix.runner import Run, run_pytest
from .scenarios import add_scenario, sections

pytestmark = pytest.mark.one_of("library")

LIBRARIES = ["factory-boy", "polyfactory"]
DATABASES: list[tuple[Value, Value]] = [
    *(("sqlite-memory", isolation) for isolation in STRATEGIES),
    ("postgresql", "rollback"),
    ("postgresql", "truncate"),
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("backend", "isolation"), DATABASES)
def test_what_is_made_is_committed_and_misuse_is_refused(
    render: Renderer, tmp_path: Path, backend: Value, isolation: Value, library: str
) -> None:
    project = render(backend=backend, isolation=isolation, factories=library)
    project = project.copy(tmp_path / "project")
    tests = [add_scenario(project, "made"), "tests/test_factories.py"]
    run = run_pytest(project.root, ["-q", *tests, "tests/harness/test_factories.py"])

    assert run.status == 0, run.output


@pytest.mark.parametrize("library", LIBRARIES)
def test_call_that_is_not_awaited_fails_its_test(
    render: Renderer, tmp_path: Path, library: str
) -> None:
    project = render(factories=library).copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "unawaited")])

    assert set(run.outcomes.values()) == {"failed"}, run.output
    for test, text in sections(run.output):
        assert "Factory.create" in text, test
        assert "was never awaited" in text, test


@pytest.mark.parametrize("library", LIBRARIES)
def test_seed_of_a_failed_test_makes_its_values_again(
    render: Renderer, tmp_path: Path, library: str
) -> None:
    project = render(factories=library).copy(tmp_path / "project")
    tests = add_scenario(project, "seeds")

    def run(*options: str) -> Run:
        return run_pytest(project.root, [*options], PYTEST_ADDOPTS="")

    first = run("-q", tests, "tests/test_factories.py", "-n", "2")
    [seed] = re.findall(r"--randomly-seed=\d+", first.output)
    alone = run("-q", f"{tests}::test_random_values", seed)
    other = run("-q", f"{tests}::test_random_values")

    [values, same, different] = [
        re.findall(r"^E .*made: (.+)", one.output, re.MULTILINE)
        for one in (first, alone, other)
    ]
    assert values == same != different
    assert len(values) == 1, first.output


@pytest.mark.parametrize("library", LIBRARIES)
def test_suite_passes_in_random_order(
    render: Renderer, tmp_path: Path, library: str
) -> None:
    project = render(factories=library).copy(tmp_path / "project")
    run = run_pytest(project.root, ["-v"], PYTEST_ADDOPTS="")

    assert run.status == 0, run.output
    assert "Using --randomly-seed=" in run.output


def test_without_seeds_nothing_is_said_of_them(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(factories="factory-boy").copy(tmp_path / "project")
    tests = f"{add_scenario(project, 'seeds')}::test_random_values"
    run = run_pytest(project.root, [tests, "-p", "no:randomly"])

    assert "made: " in run.output
    assert "randomly-seed" not in run.output
