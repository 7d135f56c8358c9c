"""A failed test shows the rows that it left, and nothing else does."""

import pytest

from .matrix.facts import SINGLE_BACKENDS, STRATEGIES
from .scenarios import Make, run_scenario, sections

SECTION = "Captured rows teardown"


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
