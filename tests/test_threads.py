"""Under rollback SQLite is called in the event loop's thread, which is faster.

It takes the place of a method that aiosqlite does not document: when an aiosqlite is
released that calls it otherwise, these tests fail.
"""

from pathlib import Path

import pytest

from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario


@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-file"])
def test_tests_run_in_the_loops_thread_and_other_tasks_have_their_turn(
    render: Renderer, tmp_path: Path, backend: str
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "threads")])

    assert run.status == 0, run.output
