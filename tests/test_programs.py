"""Random programs show under rollback what they show with real commits."""

import pytest

from .matrix.facts import DRIVERS
from .scenarios import Make, run_scenario


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_random_programs_end_alike(
    make: Make, pytestconfig: pytest.Config, driver: str
) -> None:
    number = 600 if pytestconfig.getoption("every") else 200
    answers = {"backend": "postgresql", "postgres_driver": driver}
    project = make(**answers) if driver in DRIVERS else make(backend="sqlite-memory")
    run = run_scenario(
        project,
        "programs",
        PROGRAMS=str(pytestconfig.getoption("programs") or number),
        PROGRAMS_SEED=str(pytestconfig.getoption("programs_seed")),
    )

    assert run.status == 0, run.output
