"""Formatters, whichever a user takes, leave the template's own files as they are."""

from pathlib import Path

import jinja2
import pytest

from .matrix import environment
from .matrix.combinations import Combinations
from .matrix.derived import Deriver
from .matrix.environment import program
from .matrix.projects import Renderer
from .matrix.questionnaire import Value
from .scenarios import Make

OWN = (
    *("tests/harness/", "migrations/support/", "migrations/__init__.py"),
    "src/task_tracker/database_url.py",
)
# What Black, isort and others look for. Ruff reads it as a comment like any other, so
# that it formats the sources here; in a project the folder's `ruff.toml` keeps it off.
MARK = "# fmt: off; isort: skip_file\n"

# Together they have each file of the template's.
EVERY: list[dict[str, Value]] = [
    {
        "backend": "sqlite-and-postgresql",
        "api": "fastapi",
        "factories": "factory-boy",
    },
    {
        "backend": "sqlite-and-postgresql",
        "postgres_driver": "psycopg",
        "isolation": "truncate",
        "migrations": "none",
        "factories": "polyfactory",
    },
    {"backend": "sqlite-file", "isolation": "recreate"},
    {"backend": "postgresql", "isolation": "recreate"},
]
COMMANDS = {
    "black": ["-q"],
    "isort": ["-q"],
    "docformatter": ["--in-place", "--black", "--recursive"],
    "mdformat": [],
    "ruff": ["format", "--no-cache"],
}
HAS_CHANGED = {"docformatter": 3}  # exit statuses
SETTINGS = """
[tool.black]
line-length = 120
skip-magic-trailing-comma = true

[tool.isort]
profile = "black"
force_single_line = true
"""
UGLY = {
    "notes.py": '"""Notes. They are ugly."""\nimport sys, os\nnotes = { "a" : 1 }\n',
    "notes.md": "* one\n* two\n",
}


def names_in(template: Path) -> set[str]:
    """Return the paths that the template's own modules get in projects."""
    root = template / "template"
    paths = (path.relative_to(root).as_posix() for path in root.rglob("*.py*"))
    name = {"package_name": "task_tracker"}
    names = {jinja2.Template(path).render(name) for path in paths}
    return {name.removesuffix(".jinja") for name in names if name.startswith(OWN)}


def test_projects_tried_have_every_module_of_the_template_marked(
    render: Renderer, template: Path
) -> None:
    found = set()
    for answers in EVERY:
        project = render(**answers)
        for path in project.files("*.py"):
            if path.as_posix().startswith(OWN):
                assert project.read(path).startswith(MARK), path
                found.add(path.as_posix())

    # Where the harness is alone, it is a command, and runs others' migrations.
    adopted = {f"tests/harness/{name}.py" for name in ("__main__", "revisions")}
    assert found == names_in(template) - adopted


@pytest.mark.parametrize("formatter", COMMANDS)
@pytest.mark.parametrize(
    "answers", EVERY, ids=lambda row: "-".join(map(str, row.values()))
)
def test_formatter_changes_a_file_of_the_users_and_none_of_the_templates(
    make: Make, answers: dict[str, Value], formatter: str
) -> None:
    project = make(**answers)
    pyproject = project.read("pyproject.toml")
    wide = pyproject.replace("line-length = 88", "line-length = 120")
    assert wide != pyproject
    (project.root / "pyproject.toml").write_text(wide + SETTINGS)
    theirs = "notes.md" if formatter == "mdformat" else "notes.py"
    ours = [
        path
        for path in project.files(f"*{Path(theirs).suffix}")
        if path.as_posix().startswith(OWN)
    ]
    before = {path: project.read(path) for path in ours}

    for paths in (["."], [theirs, *ours]):
        (project.root / theirs).write_text(UGLY[theirs])
        command = [program(formatter), *COMMANDS[formatter], *paths]
        cache = project.root / "cache"
        done = environment.run(project.root, *command, BLACK_CACHE_DIR=cache)
        if done.returncode != HAS_CHANGED.get(formatter, 0):
            project.fail(f"status {done.returncode}", command, done.stderr)
        assert project.read(theirs) != UGLY[theirs]
        assert [path for path in ours if project.read(path) != before[path]] == []


def test_readmes_of_all_pairs_of_answers_are_as_mdformat_writes_them(
    combinations: Combinations, derive: Deriver, tmp_path: Path
) -> None:
    projects = [derive(row, tmp_path) for row in combinations.pairs]
    paths = {path for project in projects for path in project.files("README.md")}
    ours = [path for path in paths if path.as_posix().startswith(OWN)]
    assert len(ours) == 2
    texts = {p.read(path) for p in projects for path in ours if path in p.files()}
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.md").write_text(text)

    done = environment.run(tmp_path, program("mdformat"), "--check", ".")
    assert done.returncode == 0, done.stderr
