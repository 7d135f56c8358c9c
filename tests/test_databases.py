"""What projects promise of their databases, beyond what their own tests show."""

from pathlib import Path

import pytest

from .matrix.facts import BOTH
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario


def test_transactions_on_sqlite_work_as_on_postgresql(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(backend="sqlite-file").copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "transactions")])

    assert run.status == 0, run.output


@pytest.mark.parametrize(
    ("backend", "options", "outcome"),
    [
        ("sqlite-file", [], "skipped"),
        ("postgresql", [], "passed"),
        (BOTH, [], "skipped"),
        (BOTH, ["--database=postgresql"], "passed"),
        (BOTH, ["--database=all"], "passed"),
    ],
)
def test_marked_test_runs_on_postgresql_only(
    render: Renderer, tmp_path: Path, backend: str, options: list[str], outcome: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "marked"), *options])

    assert list(run.outcomes.values()) == [outcome], run.output
