"""Ways to call pytest: each works, or is refused with a line."""

import sys

import pytest

from .matrix import environment
from .matrix.environment import program
from .matrix.runner import run_pytest
from .scenarios import Make, assert_says, run_scenario

FEW = "tests/harness/test_isolation.py"


@pytest.mark.parametrize("pytest_config", ["pyproject", "pytest-ini"])
def test_suite_passes_without_assertions_of_python(
    make: Make, pytest_config: str
) -> None:
    project = make(pytest_config=pytest_config, coverage="none")
    failing = project.root / "tests" / "test_failing.py"
    failing.write_text("async def test_failing(session):\n    assert session is None\n")
    command = [sys.executable, "-O", "-m", "pytest", "-q"]
    done = environment.run(project.root, *command)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed, " in done.stdout


@pytest.mark.parametrize("backend", ["sqlite-memory", "postgresql"])
def test_suite_is_imported_in_another_way_and_run_from_other_folders(
    make: Make, backend: str
) -> None:
    project = make(backend=backend)
    run = run_pytest(project.root, ["--import-mode=importlib", FEW])
    assert run.status == 0, run.output

    config = ["-c", "pyproject.toml", "--rootdir", "."]
    outside = [str(project.root / part) if "." in part else part for part in config]
    command = [program("pytest"), *outside, str(project.root / FEW)]
    for folder in (project.root / "tests", project.root.parent):
        path = str(project.root / "src")
        done = environment.run(folder, *command, PYTHONPATH=path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_missing_plugin_is_named_in_a_line(make: Make) -> None:
    project, off = make(coverage="none"), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [program("pytest"), FEW]
    done = environment.run(project.root, *command, **off)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert_says(done.stderr, "pytest-asyncio is off", "-p pytest_asyncio.plugin")

    done = environment.run(
        project.root, *command, "-p", "pytest_asyncio.plugin", PYTEST_ADDOPTS="", **off
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["sqlite", "asyncpg", "psycopg"])
def test_errors_that_do_not_say_what_to_do_get_a_hint(make: Make, kind: str) -> None:
    backend = "sqlite-memory" if kind == "sqlite" else "postgresql"
    driver = {} if kind == "sqlite" else {"postgres_driver": kind}
    project = make(backend=backend, **driver)
    run = run_scenario(project, "hinted")

    assert_says(run.output, "have the query load it, with `selectinload()`")
    is_cached = "change it before, or use a new connection" in " ".join(
        run.output.split()
    )
    assert is_cached == (kind == "asyncpg")
