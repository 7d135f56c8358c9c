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
LIMITS = {"README.md": 150, "AGENTS.md": 40}
PROSE = (*LIMITS, "tests/harness/README.md")
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
ALWAYS = sys.stdlib_module_names | {"dotenv", "starlette", "tests"}


def metadata(project: Project) -> dict[str, Any]:
    """Return what the project's `pyproject.toml` holds."""
    return tomllib.loads(project.read("pyproject.toml"))


def check_text(project: Project) -> None:
    """Fail for what a careless template leaves behind in any file."""
    for path in project.files():
        # It is Copier's, and a marker for type checkers is nothing but a name.
        if path.name in (ANSWERS_FILE, "py.typed"):
            continue
        text = project.read(path)
        for name in ("project_name", "project_description", "user_name"):
            # It may hold whatever was typed in, also the way that JSON writes it.
            answer = str(project.answers[name]) or "nothing typed in"
            text = text.replace(answer, "x")
            text = text.replace(json.dumps(answer, ensure_ascii=False)[1:-1], "x")
        for problem in problems_of(text, path):
            project.fail(f"{path}: it has {problem}")


@functools.cache  # few texts differ between combinations
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
    for name in PROSE:
        text = project.read(name)
        # Other answers are what this section is about.
        text = text.partition("## Changing answers")[0]
        if text.count("\n") > LIMITS.get(name, sys.maxsize):
            project.fail(f"{name} has more than {LIMITS[name]} lines")
        own = (str(project.answers[n]) for n in ("project_name", "project_description"))
        for answer in own:
            text = text.replace(answer or "nothing typed in", "x")
        for pattern, (question, values) in TOPICS.items():
            if project.answers[question] not in values and re.search(pattern, text):
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
    texts = metadata(project)["project"]["dependencies"]
    source = modules_of(map(Requirement, texts))
    tests = modules_of(requirements(project))
    for path in project.files("*.py"):
        allowed = ALWAYS | {project.package}
        allowed |= tests if path.parts[0] == "tests" else source
        found = sources.imports(project.read(path))
        # Relative imports, which start with a dot, are the project's own.
        undeclared = {name.partition(".")[0] for name in found} - allowed - {""}
        if undeclared:
            project.fail(f"{path} imports {undeclared}, which it does not declare")


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
