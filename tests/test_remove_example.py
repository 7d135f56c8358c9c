"""What a project's page on models says of removing the example works as written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .matrix.projects import Project, Renderer
from .matrix.questionnaire import ANSWERS_FILE, Value
from .test_readme import REMOVAL, Newcomer, blocks, database_for

PAGE = "docs/models.md"
# What tells of notes, or of answers.
TOLD = {ANSWERS_FILE, "models.md", "README.md"}
Edit = tuple[ast.stmt, str]


def edits(body: list[ast.stmt], names: set[str]) -> Iterator[Edit]:
    """Yield the statements that have one of the names, and what is left of them."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            kept = [alias for alias in node.names if alias.name not in names]
            if kept != node.names:
                node.names = kept
                yield node, ast.unparse(node) if kept else ""
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            entries = [x for x in node.value.elts if ast.literal_eval(x) not in names]
            if entries != node.value.elts:
                node.value.elts = entries
                yield node, ast.unparse(node) if entries else ""
        elif isinstance(node, ast.FunctionDef) and node.name not in names:
            yield from edits(node.body, names)
        elif any(name_of(part) in names for part in ast.walk(node)):
            yield node, ""


def name_of(node: ast.AST) -> str | None:
    """Return the name that a part of a statement is, or defines."""
    return getattr(node, "id", None) or getattr(node, "name", None)


def without(path: str, text: str, names: set[str]) -> str:
    """Return a file's text without what has one of the names."""
    lines = text.splitlines()
    if not path.endswith(".py"):
        words = [rf"(?<![\w-]){re.escape(name)}\b" for name in names]
        return "".join(f"{x}\n" for x in lines if not re.search("|".join(words), x))
    for node, rest in [*edits(ast.parse(text).body, names)][::-1]:
        decorators = getattr(node, "decorator_list", [])
        start = min(part.lineno for part in (node, *decorators)) - 1
        lines[start : node.end_lineno] = rest.splitlines()
    return "".join(f"{line}\n" for line in lines)


def code(text: str) -> str:
    """Return a module's code without its docstring."""
    module = ast.parse(text)
    return ast.unparse(ast.Module(module.body[1:], []))


def remove(project: Project, newcomer: Newcomer, is_deployed: bool) -> None:
    """Do what the page says, from top to bottom."""
    section = project.read(PAGE).partition(REMOVAL)[2]
    for row in re.findall(r"^\| (`.*) \|$", section, re.MULTILINE):
        path, *names = re.findall(r"`([^`]+)`", row)
        file = project.root / path
        text = without(path, file.read_text(), {*names})
        assert text != file.read_text(), path
        file.write_text(text)
    other = "rm migrations" if is_deployed else "# migrations"
    followed = [
        f"```{language}\n{text}```"
        for language, text in blocks(section)
        if not text.startswith(other)
    ]
    newcomer.follow_page("\n".join(followed))


@pytest.mark.one_of("answers", first=True)
@pytest.mark.parametrize(
    ("answers", "is_deployed"),
    [
        ({"api": "fastapi", "factories": "factory-boy"}, False),
        ({"api": "fastapi", "migrations": "none"}, False),
        ({"factories": "polyfactory", "migrations": "none"}, False),
        ({"backend": "sqlite-and-postgresql"}, False),
        ({"api": "fastapi", "backend": "sqlite-file", "isolation": "truncate"}, True),
        ({"backend": "postgresql", "factories": "factory-boy"}, True),
    ],
    ids=str,
)
def test_project_without_its_example_is_as_one_that_never_had_it(
    render: Renderer,
    own: Path,
    tmp_path: Path,
    server: int,
    answers: dict[str, Value],
    is_deployed: bool,
) -> None:
    project = render(**answers).copy(tmp_path / "project")
    newcomer = Newcomer(project, database_for(project, server), own / "mypy")
    newcomer.run(["cp", ".env.example", ".env"])
    remove(project, newcomer, is_deployed)

    new = render(**answers, example=False)
    paths = {path for path in new.files() if path.name not in TOLD}
    if "factories" not in answers:
        paths.add(Path("README.md"))
    for path in paths:
        same = code if path.name in ("__init__.py", "factories.py") else str
        assert same(project.read(path)) == same(new.read(path)), path
    left = {path for path in project.files("*.py") if path.parent.name != "versions"}
    assert left <= {*paths}
