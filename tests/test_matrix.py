"""Every combination of answers: rendered, checked and, by its own suite, tested."""

from pathlib import Path

import pytest

from .matrix import checks, sources
from .matrix.projects import Renderer
from .matrix.questionnaire import Answers
from .matrix.suites import POSTGRESQL, databases_of, run_suite


def test_combination_is_clean_and_passes_the_static_checks(
    combination: Answers, render: Renderer, own: Path, shared: Path
) -> None:
    project = render(**combination)

    checks.check_text(project)
    checks.check_prose(project)
    checks.check_imports(project)
    if combination["pytest_config"] == "pytest-ini":
        twin = render(**{**combination, "pytest_config": "pyproject"})
        checks.check_pytest_settings(project, twin)
    sources.check_source(project, shared / "checked", own / "mypy")


def test_suite_runs_all_its_tests_and_passes(
    suite: Answers, render: Renderer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    project = render(**suite)
    is_needed = POSTGRESQL in databases_of(project)
    server = request.getfixturevalue("server") if is_needed else None

    run_suite(project, tmp_path / f"suite_{project.root.name}", server)
