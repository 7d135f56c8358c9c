"""`copier update` keeps the user's work, whatever it changes."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from .matrix.edits import DELETED, PACKAGE, RENAMED
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Questionnaire, Value
from .matrix.repositories import MINE, add, commit, git
from .matrix.repositories import changes as changed
from .matrix.updating import User, check_merged, edit, repository_of

HARNESS = "tests/harness/leaks.py"
CHANGED = "# Changed in the newer version.\n"
BUILD = "[build-system]\n"
BACKENDS = ["sqlite-memory", "sqlite-file", "postgresql", "sqlite-and-postgresql"]
STRATEGIES = ["rollback", "snapshot", "truncate", "recreate"]

# Projects, and the answers that are changed in each, to each of these from each. The
# first is that of the project.
CHANGES: list[tuple[dict[str, Value], Mapping[str, Sequence[str]]]] = [
    (
        {
            "backend": "sqlite-and-postgresql",
            "isolation": "truncate",
            "api": "fastapi",
            "ci": "none",
            "pytest_config": "pytest-ini",
            "coverage": "html",
        },
        {
            "backend": ["sqlite-and-postgresql", "sqlite-file"],
            "project_name": ["Task Tracker", "Shop"],
        },
    ),
    (
        {},
        {
            "backend": BACKENDS,
            "python_version": ["3.11", "3.12", "3.13", "3.14"],
            "user_name": ["", "Ada", "O'Brien"],
        },
    ),
    (
        {
            "example": False,
            "api": "fastapi",
            "factories": "polyfactory",
            "ci": "gitlab",
            "pytest_config": "pytest-ini",
        },
        {
            "isolation": STRATEGIES,
            "coverage": ["terminal", "none", "html"],
            "project_description": ["A service on async SQLModel.", "", '"Mine"'],
        },
    ),
    (
        {
            "backend": "postgresql",
            "migrations": "none",
            "factories": "factory-boy",
            "license": "none",
            "user_name": "Ada",
        },
        {
            "isolation": STRATEGIES,
            "postgres_driver": ["asyncpg", "psycopg"],
            "coverage_fail_under": ["90", "0", "75"],
            "user_email": ["", "ada@example.com"],
        },
    ),
]
FIXED = {"package_name", "license", "migrations", "api", "pytest_config", "example"}
FIXED |= {"scope"}
AFTER_DELETION = {"ci", "factories"}  # test_refusals.py
SHAPING_CODE = ("backend", "postgres_driver", "isolation", "coverage", "python_version")


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository with one version."""
    return repository_of(template, tmp_path / "template")


def tour(values: Sequence[str]) -> list[str]:
    """Return values in an order in which each follows each other one, once.

    It begins after the first, and ends there.
    """
    left = {value: [other for other in values if other != value] for value in values}
    way, found = [values[0]], []
    while way:
        if left[way[-1]]:
            way.append(left[way[-1]].pop())
        else:
            found.append(way.pop())
    return found[-2::-1]


def test_tour_has_every_ordered_pair_once() -> None:
    for number in (2, 3, 4):
        values = [str(n) for n in range(number)]
        found = tour(values)
        pairs = set(zip(["0", *found], found, strict=False))
        assert len(found) == len(pairs) == number * (number - 1)
        assert found[-1] == "0"


def test_every_question_is_fixed_or_changed(questionnaire: Questionnaire) -> None:
    changed = {name for _, changes in CHANGES for name in changes}
    details = questionnaire.details
    asked = {
        name
        for name in questionnaire.asked
        if not re.search("scope == '(harness|entity)", details[name].get("when", ""))
    }
    assert asked == FIXED | AFTER_DELETION | changed
    for name in asked:
        is_fixed = name in FIXED
        assert ("Fixed once chosen." in details[name]["help"]) == is_fixed
        assert ("ask" in details[name]) == is_fixed
    for before, changes in CHANGES:
        answers = questionnaire.complete(before)
        for name, values in changes.items():
            assert values[0] == answers[name]


@pytest.mark.one_of("before", "changes", first=True)  # the one with fewest updates
@pytest.mark.parametrize(
    ("before", "changes"), CHANGES, ids=["-".join(c) for _, c in CHANGES]
)
def test_any_answer_may_become_any_other(
    repository: Path,
    render: Renderer,
    tmp_path: Path,
    before: dict[str, Value],
    changes: Mapping[str, Sequence[str]],
) -> None:
    user = User(repository, render, tmp_path / "project", **before)
    tours = {name: tour(values) for name, values in changes.items()}
    checked: set[tuple[str, Value]] = set()
    for step in range(max(map(len, tours.values()))):
        user.update(**{name: way[step % len(way)] for name, way in tours.items()})
        shaping = {item for item in user.stored.items() if item[0] in SHAPING_CODE}
        if not shaping <= checked:
            user.check_tools_and_suite()
            checked |= shaping


def test_newer_version_comes_and_the_work_stays(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    user = User(repository, render, tmp_path / "project")
    own = user.own_files()
    template = repository / "template"
    example = template / "src/{{ package_name }}/models/task.py"
    edit(template / HARNESS, "", CHANGED)
    edit(example, "", CHANGED)
    edit(template / "pyproject.toml.jinja", BUILD, CHANGED + BUILD)
    commit(repository)
    git(repository, "tag", "0.2.0")

    run = user.copier("update")

    assert run.returncode == 0, run.stderr
    assert user.own_files() == own
    assert not [path for path in (*DELETED, *RENAMED) if (user.root / path).exists()]
    assert user.project.read(HARNESS).endswith(CHANGED)
    assert CHANGED in user.project.read("pyproject.toml")
    assert CHANGED not in user.project.read(f"{PACKAGE}/models/task.py")
    assert "_commit: 0.2.0" in user.project.read(".copier-answers.yml")
    check_merged(user.root)
    user.check_tools_and_suite()


def test_what_a_version_brings_replaces_nothing_and_comes_where_nothing_is(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    user = User(repository, render, tmp_path / "project")
    package = "src/{{ package_name }}"
    hidden = ("Makefile", ".idea/notes.xml", f"{PACKAGE}/cache.py", "migrations/own.md")
    listed, new = ("CODEOWNERS", "tests/notes.md"), ("justfile", "pages/index.md")
    (user.root / ".gitignore").write_text("".join(f"/{path}\n" for path in hidden))
    for path in hidden + listed:
        add(user.root / path)
    commit(user.root)
    for path in hidden + listed + new:
        add(repository / "template" / path.replace(PACKAGE, package))
        (repository / "template" / path.replace(PACKAGE, package)).write_text(CHANGED)
    commit(repository, "0.2.0")

    run = user.copier("update")

    assert run.returncode == 0, run.stderr
    assert {*changed(user.root)} == {ANSWERS_FILE, *new}
    assert {user.project.read(path) for path in hidden + listed} == {MINE}
    assert {user.project.read(path) for path in new} == {CHANGED}


def test_line_breaks_of_windows_are_no_conflict(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    user = User(repository, render, tmp_path / "project")
    for path in user.project.files():
        if path.parts[0] != ".git":
            file = user.root / path
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    git(user.root, "add", "--all")  # changes nothing, but tells git

    user.update(backend="sqlite-file", isolation="truncate", coverage="none")


@pytest.mark.every
def test_answers_of_hidden_questions_come_back(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    first = {"backend": "postgresql", "postgres_driver": "psycopg"}
    user = User(repository, render, tmp_path / "project", **first)
    user.update(coverage="html", coverage_fail_under="75")

    user.update(coverage="none", backend="sqlite-file")
    user.update(coverage="html", backend="postgresql")

    assert "fail_under = 75\n" in user.project.read("pyproject.toml")
    assert '"psycopg[binary]' in user.project.read("pyproject.toml")
