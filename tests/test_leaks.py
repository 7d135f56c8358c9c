"""What the harness says of tests that leave something behind."""

import tomllib

import pytest

from .matrix.facts import STRATEGIES
from .matrix.runner import run_pytest
from .scenarios import SCENARIOS, Make, add_scenario, assert_says, sections

LEAKY = tomllib.loads((SCENARIOS / "leaky.toml").read_text())
# The plugin of AnyIO, installed for some projects, runs its tests on each backend.
OPTIONS = ["--tb=short", "-p", "no:anyio", "-o", "markers=anyio"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("isolation", "order"), [*((i, 1) for i in STRATEGIES), ("rollback", -1)]
)
def test_leaky_test_fails_and_the_next_one_passes(
    make: Make, server: int, isolation: str, kind: str, order: int
) -> None:
    backend = "sqlite-memory" if kind == "sqlite" else kind
    project = make(backend=backend, isolation=isolation)
    file = add_scenario(project, "leaky")
    usual = {"on": kind, "commits": "undone" if isolation == "rollback" else "real"}
    says = {
        f"test_{name}": test["says"]
        for name, test in LEAKY.items()
        if usual.items() <= (usual | test).items()
    }
    names = [n for i, test in enumerate(says) for n in (test, f"test_clean[{i}]")]
    tests = [f"{file}::{name}" for name in names][::order]
    options, variables = [*OPTIONS], {}
    if kind == "postgresql":
        url = f"postgresql://postgres@127.0.0.1:{server}/leaks_{isolation}_test"
        variables["TEST_DATABASE_URL"] = url
        options += ["-o", "test_database_lock_timeout=200ms"]
    elif isolation == "rollback":
        options += ["-o", "test_database_query_timeout=0.2"]
    run = run_pytest(project.root, [*options, *tests], **variables)

    expected = {t: "passed" if "clean" in t else "failed" for t in tests}
    assert run.outcomes == expected, run.output
    said = dict.fromkeys(says, "")
    for name, section in sections(run.output):
        said[name] += section
    for name, parts in says.items():
        assert_says(said[name], *parts)
