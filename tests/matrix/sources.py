"""Ruff and mypy, which check equal files once.

A file is checked again if it differs, or a file that it imports, or a tool's setting.
"""

import ast
import functools
import shutil
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import environment
from .projects import Project, digest

_checked: set[str] = set()  # the states of files that this process has checked


def check_sources(projects: Iterable[Project], cache: Path) -> None:
    """Lint, format-check and type-check the Python files that have not been before.

    `cache` is for mypy, and this process's own.
    """
    new: list[tuple[Project, list[str]]] = []
    found: set[str] = set()
    for project in projects:
        files = states(project)
        unseen = [path for path in files if files[path] not in _checked | found]
        if unseen:
            project.write()
            # Absolute: files of two projects may have an equal path, size and time, and
            # to mypy that is the same file.
            new.append((project, sorted(str(project.root / path) for path in unseen)))
        found.update(files.values())
    if new:
        check_style(new)
    for project, paths in new:
        # With other settings mypy would begin anew, and throw the old results away.
        settings = settings_of(project.read("pyproject.toml"))["mypy"] | {"files": []}
        check_types(project, paths, cache / digest(repr(settings)))
    _checked.update(found)


def check_types(project: Project, paths: list[str], cache: Path) -> None:
    """Let mypy check files of a project, with results that it has kept."""
    mypy = [environment.program("mypy"), "--show-traceback", f"--cache-dir={cache}"]
    where = {"PYTHONPATH": "", "MYPYPATH": str(project.root / "src")}
    run = environment.run(project.root, *mypy, *paths, **where)
    if "INTERNAL ERROR" in run.stderr:
        # mypy 2.4.1 was seen to crash on what it had kept, which is of modules of other
        # projects, too, with the same names. Without that it says what it finds.
        shutil.rmtree(cache, ignore_errors=True)
        run = environment.run(project.root, *mypy, *paths, **where)
    if run.returncode:
        project.fail("found by mypy", [*mypy, *paths], run.stdout + run.stderr)


def check_style(files: list[tuple[Project, list[str]]]) -> None:
    """Let Ruff check files of projects, all at once."""
    ruff, paths = (
        environment.program("ruff"),
        [path for _, own in files for path in own],
    )
    for command in (["check"], ["format", "--diff"]):
        command = [ruff, *command, "--no-cache", "--force-exclude", *paths]
        run = environment.run(environment.REPOSITORY, *command)
        if run.returncode:
            printed = run.stdout + run.stderr
            blamed = [one for one, _ in files if f"{one.root.name}/" in printed]
            (blamed or [files[0][0]])[0].fail("found by Ruff", command, printed)


@functools.cache  # few texts differ between combinations
def settings_of(pyproject: str) -> dict[str, Any]:
    """Return the settings that the tools read."""
    about = tomllib.loads(pyproject)
    python = {"python": about["project"]["requires-python"]}
    return python | {name: about["tool"].get(name) for name in ("ruff", "mypy")}


def states(project: Project) -> dict[Path, str]:
    """Return a digest of all that decides what the tools say, for each Python file."""
    settings = [repr(settings_of(project.read("pyproject.toml")))]
    settings += [f"{p} {project.read(p)}" for p in project.files("ruff.toml")]
    texts = {path: project.read(path) for path in project.files("*.py")}
    # Imports are sorted by whether a folder has their name.
    settings += sorted({path.parts[0] for path in texts})
    return _states(tuple(settings), frozenset(texts.items()))


@functools.cache  # many combinations have the same Python files
def _states(
    settings: tuple[str, ...], files: frozenset[tuple[Path, str]]
) -> dict[Path, str]:
    texts = dict(files)
    needs = dependencies(texts)
    return {
        path: digest(*settings, str(path), *(f"{p} {hashed(texts[p])}" for p in found))
        for path, found in ((path, closure(path, needs)) for path in texts)
    }


def closure(path: Path, needs: dict[Path, set[Path]]) -> list[Path]:
    """Return a file and the files that it needs, and those that these need."""
    found, left = {path}, [path]
    while left:
        more = needs[left.pop()] - found
        found |= more
        left += more
    return sorted(found)


def dependencies(texts: dict[Path, str]) -> dict[Path, set[Path]]:
    """Return, for each of a project's Python files, those that it imports.

    A file is taken to have every name that it could have, whatever the search path.
    """
    modules = defaultdict(set)
    for path in texts:
        parts = names_of(path)
        for start in range(len(parts)):
            modules[".".join(parts[start:])].add(path)
    return {
        path: set().union(
            *(modules.get(name, ()) for name in absolute_imports(path, texts[path]))
        )
        for path in texts
    }


def names_of(path: Path) -> tuple[str, ...]:
    """Return the names of a module and of the packages that it is in."""
    parts = path.with_suffix("").parts
    return parts[:-1] if path.name == "__init__.py" else parts


def absolute_imports(path: Path, source: str) -> set[str]:
    """Return what a file imports, and the packages of that, none of it relative."""
    found = set()
    for name in imports(source):
        level = len(name) - len(name.lstrip("."))
        parts = [*path.parts[:-level], name[level:]] if level else [name]
        parts = ".".join(parts).split(".")
        found |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return found


@functools.cache  # few texts differ between combinations
def imports(source: str) -> frozenset[str]:
    """Return what a module imports, as in `os.path` and `..package.name`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # What is imported from a package may be a module.
            parent = "." * node.level + (f"{node.module}." if node.module else "")
            found |= {parent + alias.name for alias in node.names}
    return frozenset(found)


hashed = functools.cache(digest)
