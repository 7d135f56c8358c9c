"""Where users add something to shared files, a next release changes them, too."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from .matrix.environment import FILES, copier
from .matrix.questionnaire import Value, data
from .matrix.repositories import commit, make_project, repository_of, update
from .matrix.runner import run_pytest
from .matrix.updating import check_merged, edit

EDITS = tomllib.loads((FILES / "next_release.toml").read_text())
PINS = "hooks/pins.yml"
GITHUB = ".github/workflows/ci.yml"
PIN = r"@[0-9a-f]{40} # v[\d.]+"
CHECKOUT = f"actions/checkout{PIN}"
NEWER = "actions/checkout@" + "5" * 40 + " # v8.0.0"


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository with one version."""
    return repository_of(template, tmp_path / "template")


def apply(edits: dict[str, list[list[str]]], root: Path) -> None:
    """Make those of the edits whose files there are."""
    for path, pairs in edits.items():
        for old, new in pairs if (root / path).exists() else ():
            edit(root / path, old, new)


def lines(root: Path, path: str) -> Counter[str]:
    """Return the lines of a file, and how often each is there."""
    return Counter((root / path).read_text().splitlines())


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {
            "backend": "sqlite-and-postgresql",
            "ci": "gitlab",
            "coverage": "none",
            "pytest_config": "pytest-ini",
        },
    ],
    ids=str,
)
def test_what_users_add_and_what_a_version_adds_are_merged_without_a_conflict(
    repository: Path, tmp_path: Path, answers: dict[str, Value]
) -> None:
    project = make_project(repository, tmp_path / "project", *data(answers))
    shared = [path for path in EDITS["user"] if (project / path).exists()]
    before = {path: lines(project, path) for path in shared}
    apply(EDITS["user"], project)
    own = {path: lines(project, path) for path in shared}
    commit(project)
    apply(EDITS["release"], repository)
    commit(repository, "0.2.0")

    update(project)

    check_merged(project)
    new = tmp_path / "new"
    copied = copier(tmp_path, "copy", *data(answers), repository, new)
    assert copied.returncode == 0, copied.stderr
    for path in shared:
        assert lines(new, path) != before[path], path
        merged = lines(new, path) - (before[path] - own[path])
        assert lines(project, path) == merged + (own[path] - before[path]), path
    done = run_pytest(project, ["-q", "-k", "test_database or test_models"])
    assert done.status == 0, done.output


def test_pins_of_ci_are_moved_unless_somebody_has_moved_one(
    repository: Path, tmp_path: Path
) -> None:
    plain = make_project(repository, tmp_path / "plain")
    moved = make_project(repository, tmp_path / "moved")
    workflow = (moved / GITHUB).read_text()
    (moved / GITHUB).write_text(re.sub(CHECKOUT, NEWER, workflow, count=1))
    apply({GITHUB: EDITS["user"][GITHUB]}, moved)
    commit(moved)
    beside = make_project(repository, tmp_path / "beside")
    upload = "      - uses: actions/upload-artifact@"
    edit(beside / GITHUB, upload, f"      - run: echo tested\n{upload}")
    commit(beside)
    other = make_project(repository, tmp_path / "gitlab", "-d", "ci=gitlab")
    edit(other / ".gitlab-ci.yml", 'UV_VERSION: "', 'UV_VERSION: "99.')
    commit(other)

    for version in ("0.2.0", "0.3.0"):
        newest = f"@{'9' * 40} # v{version}"
        pins = repository / PINS
        pins.write_text(re.sub(PIN, newest, pins.read_text()))
        edit(pins, '\nuv: "', '\nuv: "8')
        apply({} if version == "0.3.0" else EDITS["release"], repository)
        commit(repository, version)
        for project in (plain, moved, beside, other):
            update(project)
            check_merged(project)
            commit(project)

        assert re.findall(PIN, (plain / GITHUB).read_text()) == [newest] * 5
        assert (beside / GITHUB).read_text().count(newest) == 0
        [first, second] = re.findall(CHECKOUT, (moved / GITHUB).read_text())
        assert (first, second) == (NEWER, re.findall(CHECKOUT, workflow)[1])
        assert 'UV_VERSION: "99.' in (other / ".gitlab-ci.yml").read_text()
