"""Every combination of answers: rendered, checked and, by its own suite, tested."""

from pathlib import Path

import pytest

from .matrix import checks, sources
from .matrix.derived import Deriver
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Answers
from .matrix.suites import POSTGRESQL, databases_of, run_suite


def test_combinations_are_clean_and_pass_the_static_checks(
    group: list[Answers], derive: Deriver, own: Path, tmp_path: Path
) -> None:
    projects = [derive(row, tmp_path / str(n)) for n, row in enumerate(group)]

    for project in projects:
        checks.check_text(project)
        checks.check_prose(project)
        checks.check_imports(project)
        if project.answers["pytest_config"] == "pytest-ini":
            twin = {**project.answers, "pytest_config": "pyproject"}
            checks.check_pytest_settings(project, derive(twin, tmp_path / "twin"))
    sources.check_sources(projects, own / "mypy")


def test_combinations_are_rendered_by_copier_as_they_were_checked(
    whole: list[Answers], derive: Deriver, render: Renderer
) -> None:
    for row in whole:
        project = render(**row)
        paths = [path.as_posix() for path in project.files()]
        texts = {path: project.read(path) for path in paths if path != ANSWERS_FILE}
        if texts != derive(row, project.root).texts:
            project.fail("its files are not those that were checked")


def test_suite_runs_all_its_tests_and_passes(
    suite: Answers, render: Renderer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    project = render(**suite)
    is_needed = POSTGRESQL in databases_of(project)
    server = request.getfixturevalue("server") if is_needed else None

    run_suite(project, tmp_path / f"suite_{project.root.name}", server)
