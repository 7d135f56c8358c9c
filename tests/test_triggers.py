"""Tests are kept apart where the database itself writes rows, by triggers."""

from pathlib import Path

import pytest

from .matrix.facts import SINGLE_BACKENDS, STRATEGIES
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .matrix.runs import plain_user
from .scenarios import add_scenario

pytestmark = pytest.mark.one_of("isolation")


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("backend", SINGLE_BACKENDS)
def test_rows_that_triggers_insert_are_undone(
    render: Renderer, tmp_path: Path, backend: str, isolation: str
) -> None:
    project = render(backend=backend, isolation=isolation, example=False)
    project = project.copy(tmp_path / "project")
    run = run_pytest(project.root, [add_scenario(project, "triggers")])

    assert list(run.outcomes.values()) == ["passed"] * 3, run.output


def test_rows_that_triggers_insert_are_undone_for_a_user_without_other_rights(
    render: Renderer, tmp_path: Path, server: int
) -> None:
    project = render(backend="postgresql", isolation="truncate", example=False)
    project = project.copy(tmp_path / "project")
    url = plain_user(server, "with_triggers")
    test = add_scenario(project, "triggers")
    run = run_pytest(project.root, [test], TEST_DATABASE_URL=url)

    assert list(run.outcomes.values()) == ["passed"] * 3, run.output
