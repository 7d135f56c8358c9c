"""The static checks that every rendered project has to pass."""

import configparser
import functools
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from . import sources
from .projects import Project
from .questionnaire import ANSWERS_FILE, Value

PROVIDERS = packages_distributions()
JINJA = re.compile(r"\{\{|\{%|%\}|\{#|#\}")  # not }}, which ends dictionaries, too
GITHUB_EXPRESSION = re.compile(r"\$\{\{ [\w.]+ \}\}")
CODE_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
# Found in Python files by Ruff.
DEBRIS = {
    "tabs or carriage returns": re.compile(r"[\t\r]"),
    "white space at the end of a line": re.compile(r" $", re.MULTILINE),
    "too many blank lines in a row": re.compile(r"\A\n|\n\n\n"),
    "not exactly one line break at its end": re.compile(r"(?<!\n)\Z|\n\n\Z"),
}
# What people read first, and how many lines of it they are asked to read.
LIMITS = {"README.md": 200, "AGENTS.md": 40}
PROSE = (*LIMITS, "docs/models.md", "tests/harness/README.md")
# What such a file may mention with some answers only.
TOPICS: dict[str, tuple[str, set[Value]]] = {
    r"(?i)alembic|migration": ("migrations", {"alembic"}),
    r"\bfactories\b|Factory\b": ("factories", {"factory-boy", "polyfactory"}),
    r"\bCI\b|Renovate": ("ci", {"github", "gitlab"}),
    r"--cov": ("coverage", {"terminal", "html"}),
    r"htmlcov": ("coverage", {"html"}),
    r"PostgreSQL|TEST_DATABASE_URL|--database": (
        "backend",
        {"postgresql", "sqlite-and-postgresql"},
    ),
    r"SQLite": ("backend", {"sqlite-memory", "sqlite-file", "sqlite-and-postgresql"}),
    r"real_commits|rolled back|RollbackError": ("isolation", {"rollback"}),
    r"TaskFactory|the example": ("example", {True}),
    r"FastAPI|fastapi|\bHTTP\b|\bAPI\b|`client`|/healthz|/tasks|\bapi/": (
        "api",
        {"fastapi"},
    ),
}
# Besides what a file's project declares: what pydantic-settings and FastAPI consist of.
ALWAYS = sys.stdlib_module_names | {"dotenv", "migrations", "starlette", "tests"}


def metadata(project: Project) -> dict[str, Any]:
    """Return what the project's `pyproject.toml` holds."""
    return _parsed(project.read("pyproject.toml"))


# Few texts differ between combinations.
_parsed = functools.cache(tomllib.loads)
_has = functools.cache(re.search)


def typed_in(project: Project, *names: str) -> tuple[str, ...]:
    """Return answers that may hold whatever was typed in, also as JSON writes them."""
    typed = [str(project.answers[name]) or "nothing typed in" for name in names]
    quoted = [json.dumps(answer, ensure_ascii=False)[1:-1] for answer in typed]
    return (*typed, *quoted)


@functools.cache
def without(text: str, answers: tuple[str, ...]) -> str:
    """Return a text in which `x` stands for each of the answers."""
    for answer in answers:
        text = text.replace(answer, "x")
    return text


def check_text(project: Project) -> None:
    """Fail for what a careless template leaves behind in any file."""
    typed = typed_in(project, "project_name", "project_description", "user_name")
    for path in project.files():
        # It is Copier's, and a marker for type checkers is nothing but a name.
        if path.name in (ANSWERS_FILE, "py.typed"):
            continue
        for problem in problems_of(without(project.read(path), typed), path):
            project.fail(f"{path}: it has {problem}")


@functools.cache
def problems_of(text: str, path: Path) -> list[str]:
    """Return what is wrong with the text of a rendered file."""
    found = [] if text.strip() else ["no text"]
    if path.name == "LICENSE":
        text = text.removeprefix("\n")  # the text of Apache-2.0 starts with it
    if path.parts[0] == ".github":
        text = GITHUB_EXPRESSION.sub("x", text)
    if path.suffix == ".md":
        text = CODE_BLOCK.sub("x", text)
    if path.suffix not in (".py", ".mako"):
        found += [problem for problem in DEBRIS if DEBRIS[problem].search(text)]
    return found + [f"{tag} of Jinja left" for tag in JINJA.findall(text)]


def check_prose(project: Project) -> None:
    """Fail for a file that is too long to be read, or tells of what was not chosen."""
    modules = {path.name for path in project.files("*.py")}
    typed = typed_in(project, "project_name", "project_description")
    for name in PROSE:
        # Other answers are what the last section is about.
        text = project.read(name).partition("## Changing answers")[0]
        if text.count("\n") > LIMITS.get(name, sys.maxsize):
            project.fail(f"{name} has more than {LIMITS[name]} lines")
        text = without(text, typed)
        for pattern, (question, values) in TOPICS.items():
            if project.answers[question] not in values and _has(pattern, text):
                project.fail(f"{name} mentions {pattern}, but not for {question}")
        if missing := set(re.findall(r"`(\w+\.py)`", text)) - modules:
            project.fail(f"{name} names {missing}, which the project has not")


def check_pytest_settings(project: Project, twin: Project) -> None:
    """Fail unless pytest.ini has the settings that pyproject.toml has in the twin."""
    assert "pytest" not in metadata(project)["tool"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(project.read("pytest.ini"))
    own = {name: value.split() for name, value in parser["pytest"].items()}
    other = {
        name: value if isinstance(value, list) else [str(value).lower()]
        for name, value in metadata(twin)["tool"]["pytest"].items()
    }
    if own != other:
        project.fail(f"pytest's settings are {own}, and elsewhere {other}")


def check_imports(project: Project) -> None:
    """Fail for an import of a package that the project does not declare."""
    source, tests = declared(project.read("pyproject.toml"))
    for path in project.files("*.py"):
        allowed = tests if path.parts[0] == "tests" else source
        found = packages(project.read(path))
        if undeclared := found - allowed - {project.package}:
            project.fail(f"{path} imports {undeclared}, which it does not declare")


@functools.cache
def packages(source: str) -> set[str]:
    """Return the packages that a module imports from."""
    # Relative imports, which start with a dot, are the project's own.
    return {name.partition(".")[0] for name in sources.imports(source)} - {""}


@functools.cache
def declared(pyproject: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules that the sources may import, and the tests."""
    about = _parsed(pyproject)
    needed = [Requirement(text) for text in about["project"]["dependencies"]]
    texts = resolve_dependency_groups(about["dependency-groups"], "dev")
    own = modules_of(needed)
    return ALWAYS | own, ALWAYS | own | modules_of(map(Requirement, texts))


def requirements(project: Project) -> list[Requirement]:
    """Return everything that the project and its tests declare to depend on."""
    about = metadata(project)
    texts = resolve_dependency_groups(about["dependency-groups"], "dev")
    return [Requirement(text) for text in (*about["project"]["dependencies"], *texts)]


def modules_of(needed: Iterable[Requirement]) -> set[str]:
    """Return the modules that the required packages consist of."""
    names = {canonicalize_name(requirement.name) for requirement in needed}
    return {
        module
        for module, providers in PROVIDERS.items()
        if names & set(map(canonicalize_name, providers))
    }
