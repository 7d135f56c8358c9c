"""Which files are rendered, and what must agree between them."""

import importlib.metadata
import keyword
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .matrix.checks import requirements
from .matrix.combinations import Combinations
from .matrix.environment import LOCK
from .matrix.facts import STRATEGIES
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Questionnaire, choices_of
from .matrix.suites import POSTGRESQL, SQLITE, databases_of


def names(project: Project) -> set[str]:
    """Return the paths of the project's files."""
    return {path.as_posix() for path in project.files()}


@pytest.mark.parametrize("isolation", STRATEGIES)
@pytest.mark.parametrize("backend", ["sqlite-file", "sqlite-and-postgresql"])
def test_only_the_chosen_strategy_is_rendered(
    render: Renderer, backend: str, isolation: str
) -> None:
    files = names(render(backend=backend, isolation=isolation))

    for strategy in STRATEGIES:
        found = [name for name in files if name.endswith(f"_{strategy}.py")]
        assert bool(found) == (strategy == isolation), found


@pytest.mark.parametrize(
    ("backend", "databases"),
    [
        ("sqlite-memory", [SQLITE]),
        ("sqlite-file", [SQLITE]),
        ("postgresql", [POSTGRESQL]),
        ("sqlite-and-postgresql", [SQLITE, POSTGRESQL]),
    ],
)
def test_files_and_dependencies_are_of_the_chosen_backend(
    render: Renderer, backend: str, databases: list[str]
) -> None:
    project = render(backend=backend)
    text = project.read("pyproject.toml").lower()

    assert databases_of(project) == databases
    assert ("aiosqlite" in text) == (SQLITE in databases)
    assert ("asyncpg" in text) == (POSTGRESQL in databases)
    for database in (SQLITE, POSTGRESQL):
        if database not in databases:
            harness = [n for n in names(project) if n.startswith("tests/harness/")]
            assert not [name for name in harness if database in name]


def test_only_the_chosen_driver_is_mentioned(render: Renderer) -> None:
    for driver, other in (("asyncpg", "psycopg"), ("psycopg", "asyncpg")):
        project = render(backend="postgresql", postgres_driver=driver)
        assert driver in project.read("pyproject.toml")
        assert other not in project.read("pyproject.toml")


def test_project_without_the_example_has_none_of_it(render: Renderer) -> None:
    kept = names(render(example=False))

    assert not [
        name for name in kept if "task" in name.removeprefix("src/task_tracker")
    ]
    for folder in ("models", "schemas", "services"):
        inside = [n for n in kept if n.startswith(f"src/task_tracker/{folder}/")]
        base = {"src/task_tracker/models/base.py"} if folder == "models" else set()
        assert set(inside) == {f"src/task_tracker/{folder}/__init__.py"} | base


def test_coverage_is_configured_only_if_it_was_chosen(render: Renderer) -> None:
    assert "cov" not in render(coverage="none").read("pyproject.toml")
    assert "pytest-cov" in render(coverage="html").read("pyproject.toml")


def test_threshold_of_zero_switches_it_off(render: Renderer) -> None:
    text = render(coverage_fail_under=0).read("pyproject.toml")

    assert "fail_under" not in text


def test_licence_is_rendered_unless_there_is_none(render: Renderer) -> None:
    assert "LICENSE" not in names(render(license="none"))
    assert "license" not in render(license="none").read("pyproject.toml").lower()
    for licence in ("MIT", "Apache-2.0", "BSD-3-Clause"):
        project = render(license=licence)
        assert licence.split("-")[0] in project.read("LICENSE")
        assert f'license = "{licence}"' in project.read("pyproject.toml")


def test_reserved_names_cover_python_and_all_dependencies(
    template: Path, render: Renderer, combinations: Combinations
) -> None:
    reserved = set((template / "hooks" / "reserved_names.txt").read_text().split())
    declared = {
        canonicalize_name(requirement.name)
        for row in combinations.pairs
        for requirement in requirements(render(**row))
    }
    modules = {
        module
        for module, providers in importlib.metadata.packages_distributions().items()
        if declared & {canonicalize_name(provider) for provider in providers}
        and module.isidentifier()
    }
    python = {*sys.stdlib_module_names, *keyword.kwlist}
    wanted = {name.lower() for name in modules | python}

    assert wanted - reserved == set()
    assert "tests" in reserved


def test_lock_satisfies_every_declared_dependency(
    render: Renderer, combinations: Combinations
) -> None:
    pinned = {}
    for line in LOCK.read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            pinned[canonicalize_name(requirement.name)] = requirement.specifier
    group = tomllib.loads(LOCK.with_name("pyproject.toml").read_text())
    wanted = [Requirement(text) for text in group["dependency-groups"]["dev"]]
    for row in combinations.pairs:
        wanted += requirements(render(**row))

    for requirement in wanted:
        [pin] = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), requirement


def test_lock_names_no_host_and_no_folder() -> None:
    text = LOCK.read_text()

    for trace in ("://", "--index", "--find-links", " /"):
        assert trace not in text


def test_python_versions_are_those_that_the_template_offers(
    render: Renderer, questionnaire: Questionnaire
) -> None:
    for version in map(str, choices_of(questionnaire.details["python_version"])):
        metadata = tomllib.loads(render(python_version=version).read("pyproject.toml"))
        assert metadata["project"]["requires-python"] == f">={version}"
