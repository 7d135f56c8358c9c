"""Every combination of answers: rendered, checked and, by its own suite, tested."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .matrix import checks
from .matrix.projects import Renderer
from .matrix.questionnaire import Answers, copier_line
from .matrix.results import KnownResults, key
from .matrix.runner import Runner
from .matrix.suites import POSTGRESQL, arguments_of, databases_of, run_suite


def test_combination_is_clean_and_passes_the_static_checks(
    combination: Answers,
    render: Renderer,
    own: Path,
    known: KnownResults,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("combination", copier_line(combination))
    project = render(**combination)

    checks.check_text(project)
    checks.check_imports(project, known)
    if combination["pytest_config"] == "pytest-ini":
        twin = render(**{**combination, "pytest_config": "pyproject"})
        checks.check_pytest_settings(project, twin)
    checks.check_source(project, own, known)


def test_suite_runs_all_its_tests_and_passes(
    suite: Answers,
    render: Renderer,
    runner: Runner,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    known: KnownResults,
    record_property: Callable[[str, object], None],
) -> None:
    project = render(**suite)
    tree = project.hash("*")

    def run() -> None:
        server = None
        if POSTGRESQL in databases_of(project):
            server = request.getfixturevalue("server")
        folder = tmp_path / f"suite_{tree[:12]}"
        run_suite(project, runner, folder, server)
        shutil.rmtree(folder)

    identity = key("suite", tree, *arguments_of(project))
    # Recorded first, so that a suite that fails is counted too.
    record_property("suite", identity)
    record_property("answers", copier_line(suite))
    record_property("cached", known.has(identity))
    known.passed(identity, run)
