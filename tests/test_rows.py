"""A failed test shows the rows that it left, and nothing else does."""

from pathlib import Path

import pytest

from .matrix.facts import SINGLE_BACKENDS, STRATEGIES
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario, sections

pytestmark = pytest.mark.one_of("isolation")

SECTION = "Captured rows teardown"


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("backend", SINGLE_BACKENDS)
def test_failed_test_shows_its_rows(
    render: Renderer, tmp_path: Path, backend: str, isolation: str
) -> None:
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    file = add_scenario(project, "rows")
    # Side by side under one of the strategies.
    workers = "2" if isolation == "rollback" else "0"
    run = run_pytest(project.root, [file, "-n", workers])

    passed = {t.partition("::")[2] for t, o in run.outcomes.items() if o == "passed"}
    assert passed == {"test_passes"}, run.output
    said = dict(sections(run.output))
    rows = {test: text.partition(SECTION)[2] for test, text in said.items()}
    flushed = rows["test_flushed"].splitlines()
    at = flushed.index("book:")
    assert flushed[at + 1].split() == ["id", "title"]
    titles = [line.partition("  ")[2] for line in flushed[at + 2 : at + 7]]
    assert [title.strip()[:2] for title in titles] == [f"{n} " for n in range(5)]
    assert all(line.endswith("…") and len(line) < 88 for line in titles)
    assert flushed[at + 7] == "and 2 more"
    assert "of another session" in rows["test_committed"]
    assert "kept" in rows["test_aborted"]
    # An error ends a transaction on PostgreSQL alone.
    assert ("flushed" in rows["test_aborted"]) == (backend != "postgresql")
    assert "nowhere" in said["test_aborted"]
    tables = [f"shelf_{number:02}:" in rows["test_many_tables"] for number in range(11)]
    assert tables == [True] * 10 + [False]
    assert "\n\nand 1 more" in rows["test_many_tables"]
    assert "All tables are empty." in rows["test_no_rows"]
    for test in ("test_without_session", "test_without_database"):
        assert SECTION not in said[test]
    assert run.output.count("WrongError") >= 6  # each test's own failure is there


def test_rows_are_not_shown_without_captured_output(
    render: Renderer, tmp_path: Path
) -> None:
    project = render().copy(tmp_path / "project")
    file = add_scenario(project, "rows")
    run = run_pytest(project.root, [file, "--show-capture=no"])

    assert run.status == pytest.ExitCode.TESTS_FAILED
    assert "WrongError" in run.output
    assert SECTION not in run.output
