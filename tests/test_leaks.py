"""What the harness says of tests that leave something behind, and of failed ones."""

import tomllib

import pytest

from .matrix.facts import SINGLE_BACKENDS, STRATEGIES
from .matrix.runner import run_pytest
from .scenarios import (
    SCENARIOS,
    Make,
    add_scenario,
    assert_says,
    run_scenario,
    sections,
)

pytestmark = pytest.mark.one_of("kind")

LEAKY = tomllib.loads((SCENARIOS / "leaky.toml").read_text())
SECTION = "Captured rows teardown"
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


@pytest.mark.one_of("isolation")
@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("backend", SINGLE_BACKENDS)
def test_failed_test_shows_its_rows(make: Make, backend: str, isolation: str) -> None:
    # Side by side under one of the strategies.
    workers = "2" if isolation == "rollback" else "0"
    project = make(backend=backend, isolation=isolation)
    run = run_scenario(project, "rows", "-n", workers)

    passed = {t.partition("::")[2] for t, o in run.outcomes.items() if o == "passed"}
    assert passed == {"test_passes"}, run.output
    assert run.output.count("WrongError") >= 6  # each test's own failure is there
    said = dict(sections(run.output))
    assert "nowhere" in said["test_aborted"]
    rows = {test: text.partition(SECTION)[2] for test, text in said.items()}
    assert rows["test_without_session"] == rows["test_without_database"] == ""
    assert "of another session" in rows["test_committed"]
    assert "All tables are empty." in rows["test_no_rows"]
    # An error ends a transaction on PostgreSQL alone.
    assert "kept" in rows["test_aborted"]
    assert ("flushed" in rows["test_aborted"]) == (backend != "postgresql")
    # Of many rows the first are shown, each on a line, and of many tables, too.
    flushed = rows["test_flushed"].splitlines()
    at = flushed.index("book:")
    assert flushed[at + 1].split() == ["id", "title"]
    titles = [line.partition("  ")[2] for line in flushed[at + 2 : at + 7]]
    assert [title.strip()[:2] for title in titles] == [f"{n} " for n in range(5)]
    assert all(line.endswith("…") and len(line) < 88 for line in titles)
    assert flushed[at + 7] == "and 2 more"
    tables = [f"shelf_{number:02}:" in rows["test_many_tables"] for number in range(11)]
    assert tables == [True] * 10 + [False]
    assert "\n\nand 1 more" in rows["test_many_tables"]


def test_rows_are_not_shown_without_captured_output(make: Make) -> None:
    run = run_scenario(make(), "rows", "--show-capture=no")

    assert run.status == pytest.ExitCode.TESTS_FAILED
    assert "WrongError" in run.output
    assert SECTION not in run.output
