"""A test that fails with random values, and a run of it that shows the seed."""

import os
import subprocess
import sys

import pytest

from tests.factories import TaskFactory


@pytest.fixture
async def arranged(session):
    return await TaskFactory.create(session)


async def test_random_values(session, arranged):
    tasks = [arranged, *await TaskFactory.create_batch(session, 2)]
    values = [(t.title, t.project.name, t.created_by.handle) for t in tasks]
    raise AssertionError(f"made: {values}")


async def test_other_values(session, arranged):
    await TaskFactory.create(session)


def test_seed_is_shown():
    command = [sys.executable, "-m", "pytest", "-q", f"{__file__}::test_random_values"]
    variables = os.environ | {"PYTEST_ADDOPTS": ""}
    run = subprocess.run(command, capture_output=True, env=variables, text=True)
    assert "--randomly-seed=" in run.stdout
