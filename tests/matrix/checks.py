"""The static checks that every rendered project has to pass."""

import ast
import configparser
import importlib.metadata
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from . import environment
from .projects import ANSWERS_FILE, Project, digest, once

_JINJA = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
RUFF = (["check", "--no-cache"], ["format", "--check", "--diff", "--no-cache"])


def check_text(project: Project) -> None:
    """Fail for what a careless template leaves behind in any file."""
    for path in project.files():
        problem = text_problem(project.read(path), path, _typed_in(project))
        if problem:
            project.fail(f"{path}: {problem}")


def text_problem(text: str, path: Path, typed_in: Iterable[str] = ()) -> str | None:
    """Return what is wrong with the text of a rendered file, if anything.

    `typed_in` are the answers that may stand in it with whatever they hold.
    """
    if path.name == ANSWERS_FILE:
        return None
    if path.name == "py.typed" and not text:
        return None
    if not text.strip():
        return "it is blank"
    if "\r" in text or "\t" in text:
        return "it has tabs or carriage returns"
    if path.parts[0] != "LICENSE" and text.startswith("\n"):
        return "it starts with a blank line"
    if "\n\n\n\n" in text or ("\n\n\n" in text and path.suffix != ".py"):
        return "it has too many blank lines in a row"
    if not text.endswith("\n") or text.endswith("\n\n"):
        return "it does not end in exactly one line break"
    if re.search(r" $", text, re.MULTILINE):
        return "it has white space at the end of a line"
    for answer in sorted(filter(None, typed_in), key=len, reverse=True):
        text = text.replace(answer, "")
    found = _JINJA.search(text)
    if found and not re.match(r"\$\{\{", text[max(found.start() - 1, 0) :]):
        return f"it has {found.group()} of Jinja left"
    return None


def check_pytest_settings(project: Project, twin: Project) -> None:
    """Fail unless both projects, whose files for it differ, configure pytest alike."""
    own, other = pytest_settings(project), pytest_settings(twin)
    if own != other:
        project.fail(f"pytest's settings are {own}, and elsewhere {other}")


def pytest_settings(project: Project) -> dict[str, Any]:
    """Return pytest's settings from whichever file holds them, as from a TOML file."""
    toml = tomllib.loads(project.read("pyproject.toml"))["tool"].get("pytest")
    if Path("pytest.ini") not in project.files():
        assert toml is not None
        return dict(toml)
    assert toml is None
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(project.read("pytest.ini"))
    settings: dict[str, Any] = dict(parser["pytest"])
    settings["strict"] = settings["strict"] == "true"
    for name in ("addopts", "testpaths", "pythonpath"):
        settings[name] = shlex.split(settings[name])
    for name in ("filterwarnings", "markers"):
        if name in settings:
            settings[name] = settings[name].strip().splitlines()
    return settings


def check_imports(project: Project) -> None:
    """Fail for an import of a package that the project does not install."""
    declared = tomllib.loads(project.read("pyproject.toml"))["project"]["dependencies"]
    tests = tuple(map(str, requirements(project)))
    for path in project.files("*.py"):
        known = installed_with(tests if path.parts[0] == "tests" else tuple(declared))
        allowed = known | sys.stdlib_module_names | {project.package, "tests"}
        for name in imports(project.read(path)):
            if name not in allowed:
                project.fail(f"{path} imports {name}, which it does not declare")


def requirements(project: Project) -> list[Requirement]:
    """Return everything that the project and its tests declare to depend on."""
    metadata = tomllib.loads(project.read("pyproject.toml"))
    groups = metadata["dependency-groups"]
    texts = [*metadata["project"]["dependencies"]]
    for group in groups.values():
        for entry in group:
            if isinstance(entry, str):
                texts.append(entry)
            else:
                assert entry["include-group"] in groups
    return [Requirement(text) for text in texts]


def imports(source: str) -> set[str]:
    """Return the top-level modules that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found


@cache
def installed_with(requirements: tuple[str, ...]) -> frozenset[str]:
    """Return the modules that installing `requirements` makes importable."""
    seen: set[tuple[str, str]] = set()
    left = [(Requirement(text), "") for text in requirements]
    while left:
        requirement, extra = left.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                needed = importlib.metadata.requires(name) or []
                left += [(Requirement(text), wanted) for text in needed]
    names = {name for name, _ in seen}
    return frozenset(
        module
        for module, providers in importlib.metadata.packages_distributions().items()
        if names & {canonicalize_name(provider) for provider in providers}
    )


def check_source(project: Project, checked: Path, cache: Path) -> None:
    """Compile, lint, format-check and type-check the project's Python files.

    Projects with the same Python files and settings of the tools are checked once: the
    folder `checked` notes which. `cache` is for mypy, and this worker's own.
    """
    metadata = tomllib.loads(project.read("pyproject.toml"))
    parts = [repr(metadata["tool"]), metadata["project"]["requires-python"]]
    for path in [*project.files("*.py"), *project.files("ruff.toml")]:
        parts += [str(path), project.read(path)]
    with once(checked / digest(*parts)) as first:
        if not first:
            return
        for path in project.files("*.py"):
            compile(project.read(path), path, "exec", dont_inherit=True)
        for command in RUFF:
            project.run(environment.program("ruff"), *command, ".")
        mypy = environment.program("mypy")
        project.run(mypy, f"--cache-dir={cache}", PYTHONPATH="")


def _typed_in(project: Project) -> list[str]:
    names = ("project_name", "project_description", "user_name")
    texts = [str(project.answers[name]) for name in names]
    return [*texts, *(json.dumps(text, ensure_ascii=False)[1:-1] for text in texts)]
