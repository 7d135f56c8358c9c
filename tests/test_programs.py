"""Random programs show under rollback what they show with real commits."""

from pathlib import Path

import pytest

from .matrix.facts import DRIVERS
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_random_programs_end_alike(
    render: Renderer, tmp_path: Path, pytestconfig: pytest.Config, driver: str
) -> None:
    kind = "sqlite" if driver == "aiosqlite" else "postgresql"
    answers = {"backend": "sqlite-memory" if kind == "sqlite" else kind}
    if kind == "postgresql":
        answers["postgres_driver"] = driver
    project = render(**answers).copy(tmp_path / "project")
    run = run_pytest(
        project.root,
        ["-s", "-p", "no:randomly", add_scenario(project, "programs")],
        PROGRAMS=str(pytestconfig.getoption("programs")),
        PROGRAMS_ON=kind,
        PROGRAMS_SEED=str(pytestconfig.getoption("programs_seed")),
    )

    assert run.status == 0, run.output
    print([line for line in run.output.splitlines() if "refused alone" in line])
