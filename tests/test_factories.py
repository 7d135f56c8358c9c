"""Factories: on every strategy, reproducible, and loud where they are misused."""

import re

import pytest

from .matrix.facts import STRATEGIES
from .matrix.runner import Run, run_pytest
from .scenarios import Make, add_scenario, run_scenario, sections

pytestmark = pytest.mark.one_of("library")

DATABASES = [("sqlite-memory", isolation) for isolation in STRATEGIES]
DATABASES += [("postgresql", "rollback"), ("postgresql", "truncate")]

each_library = pytest.mark.parametrize("library", ["factory-boy", "polyfactory"])


@each_library
@pytest.mark.parametrize(("backend", "isolation"), DATABASES)
def test_what_is_made_is_committed_and_misuse_is_refused(
    make: Make, backend: str, isolation: str, library: str
) -> None:
    project = make(backend=backend, isolation=isolation, factories=library)
    own = ("tests/test_factories.py", "tests/harness/test_factories.py")
    run = run_scenario(project, "made", *own)

    assert run.status == 0, run.output


@each_library
def test_call_that_is_not_awaited_fails_its_test(make: Make, library: str) -> None:
    run = run_scenario(make(factories=library), "unawaited")

    assert set(run.outcomes.values()) == {"failed"}, run.output
    for test, text in sections(run.output):
        assert "Factory.create" in text, test
        assert "was never awaited" in text, test


@each_library
def test_suite_passes_in_random_order_and_a_seed_makes_the_same_values_again(
    make: Make, library: str
) -> None:
    project = make(factories=library)
    suite = run_pytest(project.root, ["-v"], PYTEST_ADDOPTS="")
    assert suite.status == 0, suite.output
    tests = add_scenario(project, "seeds")

    def values(run: Run) -> list[str]:
        """Return what the test that fails has made."""
        return re.findall(r"^E .*made: (.+)", run.output, re.MULTILINE)

    def run(*options: str) -> Run:
        return run_pytest(project.root, options, PYTEST_ADDOPTS="")

    first = run("-q", tests, "tests/test_factories.py", "-n", "2")
    [seed] = re.findall(r"--randomly-seed=\d+", first.output)
    alone = run("-q", f"{tests}::test_random_values", seed)
    other = run("-q", f"{tests}::test_random_values")
    assert values(first) == values(alone) != values(other)
    assert len(values(first)) == 1, first.output

    without = run_pytest(project.root, [f"{tests}::test_random_values"])
    assert len(values(without)) == 1
    assert "randomly-seed" not in without.output
