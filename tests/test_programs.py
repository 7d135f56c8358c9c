"""Random programs show under rollback what they show with real commits."""

import pytest

from .matrix.facts import DRIVERS
from .scenarios import Make, run_scenario


@pytest.mark.parametrize("driver", ["aiosqlite", *DRIVERS])
def test_random_programs_end_alike(
    make: Make, pytestconfig: pytest.Config, driver: str
) -> None:
    number = 600 if pytestconfig.getoption("every") else 200
    left = int(pytestconfig.getoption("programs") or number)
    seed = 1000 * int(pytestconfig.getoption("programs_seed"))
    answers = {"backend": "postgresql", "postgres_driver": driver}
    project = make(**answers) if driver in DRIVERS else make(backend="sqlite-memory")
    while left > 0:  # in runs that take some minutes at most
        how_many = {"PROGRAMS": str(min(left, 2000)), "PROGRAMS_SEED": str(seed)}
        run = run_scenario(project, "programs", **how_many)
        assert run.status == 0, run.output
        left, seed = left - 2000, seed + 1
