"""The guard: tests run on a database of their own, and on no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from .application import Settings

OWN = "postgresql://app:letmein@db.example.com/shop"


def test_application_is_pointed_at_a_database_for_tests() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    ending = f"_test_{worker}" if worker else "_test"

    assert ending in str(make_url(Settings().database_url).database)


def test_database_that_is_not_for_tests_is_refused_before_the_application_starts() -> (
    None
):
    ours = ("DATABASE_URL", "PYTEST_", "TEST_")
    variables = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", __file__],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env=variables | {"DATABASE_URL": OWN, "TEST_DATABASE_URL": OWN},
        text=True,
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "TEST_DATABASE_URL is" in run.stderr
    assert "letmein" not in run.stdout + run.stderr
