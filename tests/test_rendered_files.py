"""Which files are rendered, and what must agree between them."""

import keyword
import re
import sys
import tomllib
from pathlib import Path

import pytest
from editorconfig import get_properties
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .matrix.checks import metadata, modules_of, requirements
from .matrix.combinations import Combinations
from .matrix.environment import LOCK
from .matrix.facts import BACKENDS, STRATEGIES
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import ANSWERS_FILE, Questionnaire, choices_of
from .matrix.suites import POSTGRESQL, SQLITE, databases_of


@pytest.fixture(scope="module")
def declared(render: Renderer, combinations: Combinations) -> set[Requirement]:
    """What any project declares to depend on."""
    return {need for row in combinations.pairs for need in requirements(render(**row))}


def names(project: Project) -> set[str]:
    """Return the paths of the project's files."""
    return {path.as_posix() for path in project.files()}


@pytest.mark.parametrize("backend", BACKENDS)
def test_files_and_dependencies_are_of_the_chosen_backend_and_strategy(
    render: Renderer, backend: str
) -> None:
    for isolation in STRATEGIES:
        project = render(backend=backend, isolation=isolation)
        files = names(project)
        for strategy in STRATEGIES:
            found = [name for name in files if name.endswith(f"_{strategy}.py")]
            # Others, too, may put a database back from the copy of `snapshot`.
            may_be = strategy == "snapshot" != isolation
            assert may_be or bool(found) == (strategy == isolation), found
        for kind, driver in ((SQLITE, "aiosqlite"), (POSTGRESQL, "asyncpg")):
            found = [n for n in files if re.match(f"tests/harness/.*{kind}", n)]
            is_chosen = kind in backend
            assert bool(found) == (kind in databases_of(project)) == is_chosen, found
            assert (driver in project.read("pyproject.toml")) == is_chosen


def test_what_is_declared_follows_from_the_answers(
    render: Renderer, questionnaire: Questionnaire
) -> None:
    for answers, wanted, unwanted in (
        ({"backend": "postgresql"}, "asyncpg", "psycopg"),
        ({"backend": "postgresql", "postgres_driver": "psycopg"}, "psycopg", "asyncpg"),
        ({"coverage": "none"}, "pytest", "cov"),
        ({"coverage": "html"}, "pytest-cov", "term-missing"),
        ({"coverage_fail_under": "0"}, "[tool.coverage.report]", "fail_under"),
        # What is not declared is not imported either, as the matrix finds out.
        ({"api": "none"}, "sqlmodel", "fastapi"),
        ({"api": "fastapi"}, '"fastapi>', '"httpx>'),
        ({"factories": "none"}, "pytest-asyncio", "pytest-randomly"),
        ({"factories": "factory-boy"}, '"factory-boy>', "polyfactory"),
        ({"factories": "polyfactory"}, '"polyfactory>', "factory-boy"),
        ({"factories": "polyfactory"}, "pytest-randomly", "factory-boy"),
    ):
        text = render(**answers).read("pyproject.toml")
        assert wanted in text
        assert unwanted not in text
    for version in map(str, choices_of(questionnaire.details["python_version"])):
        project = render(python_version=version)
        assert metadata(project)["project"]["requires-python"] == f">={version}"


def test_file_that_ruff_leaves_alone_is_clean(render: Renderer) -> None:
    ruff = ("ruff", "check", "--no-cache", "--ignore-noqa")
    for backend in BACKENDS:
        render(backend=backend).run(*ruff, "src/task_tracker/database_url.py")


def test_project_without_the_example_has_none_of_it(render: Renderer) -> None:
    kept = names(render(example=False))

    assert not [name for name in kept if "factor" in name]
    assert not [n for n in kept if "task" in n.removeprefix("src/task_tracker")]
    folders = tuple(f"src/task_tracker/{f}/" for f in ("models", "schemas", "services"))
    assert {n for n in kept if n.startswith(folders)} == {
        *(f"{folder}__init__.py" for folder in folders),
        "src/task_tracker/models/base.py",
    }


def test_licence_is_rendered_unless_there_is_none(render: Renderer) -> None:
    assert "LICENSE" not in names(render(license="none"))
    assert "license" not in render(license="none").read("pyproject.toml").lower()
    for licence in ("MIT", "Apache-2.0", "BSD-3-Clause"):
        project = render(license=licence)
        text = project.read("LICENSE")
        assert licence.split("-")[0] in text
        assert re.search(r"Copyright (\(c\) )?20\d\d Task Tracker contributors", text)
        assert metadata(project)["project"]["license"] == licence


def test_reserved_names_cover_python_and_all_dependencies(
    template: Path, declared: set[Requirement]
) -> None:
    hooks = template / "hooks"
    keywords = (hooks / "keywords.txt").read_text().split()
    reserved = (hooks / "reserved_names.txt").read_text().split()
    modules = filter(str.isidentifier, modules_of(declared))
    wanted = {"migrations", "tests", *modules, *sys.stdlib_module_names}

    assert keywords == sorted(name.lower() for name in keyword.kwlist)
    assert {name.lower() for name in wanted} - set(reserved) == set()


def test_lock_satisfies_every_declared_dependency(declared: set[Requirement]) -> None:
    pinned = {}
    for line in LOCK.read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            pinned[canonicalize_name(requirement.name)] = requirement.specifier
    group = tomllib.loads(LOCK.with_name("pyproject.toml").read_text())
    ours = map(Requirement, group["dependency-groups"]["dev"])

    for requirement in (*declared, *ours):
        [pin] = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), requirement


def test_lock_names_no_host_and_no_folder() -> None:
    text = LOCK.read_text()

    assert not [t for t in ("://", "--index", "--find-links", " /") if t in text]


def test_rendered_files_are_as_editorconfig_says(
    combinations: Combinations, render: Renderer
) -> None:
    for row in combinations.pairs:
        project = render(**row)
        for path in project.files():
            text = project.read(path)
            # Copier writes the one, and lawyers wrote the other.
            if path.name in (ANSWERS_FILE, "LICENSE") or not text:
                continue
            lines = text.splitlines()
            assert text == "".join(f"{line.rstrip()}\n" for line in lines), path
            said = get_properties(str(project.root / path))
            assert (said["charset"], said["end_of_line"]) == ("utf-8", "lf")
            assert said["insert_final_newline"] == "true"
            assert said["trim_trailing_whitespace"] == "true"
            if path.suffix in (".ini", ".json", ".toml", ".yaml", ".yml"):
                width = int(said["indent_size"])
                indents = {len(line) - len(line.lstrip()) for line in lines}
                assert {indent % width for indent in indents} == {0}, path
                # It is no wider than what is there.
                assert width in indents or indents == {0}, path
