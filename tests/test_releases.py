"""Projects of each release reach the working tree, and from there a next release."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import FILES
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Value, data
from .matrix.releases import (
    RELEASES,
    WORKING_TREE,
    release_working_tree,
    repository_of_release,
)
from .matrix.repositories import commit, git, make_project
from .matrix.runner import run_pytest
from .matrix.updating import User, repository_of


def replace(root: Path, pattern: str, new: str, *globs: str) -> None:
    """Replace a pattern in files; there has to be something to replace."""
    changed = 0
    for path in (path for glob in globs for path in root.glob(glob) if path.is_file()):
        text = path.read_text()
        after = re.sub(pattern, new, text)
        changed += after != text
        path.write_text(after)
    assert changed, pattern


def make_next_version(repository: Path) -> None:
    """Release a version in which much has moved."""
    template = ("template/**/*", "sections/**/*", "copier.yml", "hooks/*")
    # A question has another name,
    replace(repository, r"\bcoverage_fail_under\b", "minimum_coverage", *template)
    migrations = (FILES / "migrations.yml").read_text()
    replace(repository, r"(?=# \{% endraw)", migrations, "copier.yml")
    shutil.copy(FILES / "rename_answer.py", repository / "hooks")
    # a module of the harness, too,
    harness = repository / "template" / "tests" / "harness"
    (harness / "queries.py").rename(harness / "statements.py")
    replace(harness, r"\bqueries\b(?=[.\s])", "statements", "*.py*")
    # a choice has gone,
    replace(repository, r".*\brecreate.*: recreate\n", "", "copier.yml")
    # there are higher floors,
    floors = r'"(mypy|pytest-xdist)>=([\d.]+)"'
    replace(repository, floors, r'"\1>=\2.0"', "template/pyproject.toml.jinja")
    # and another default.
    replace(repository, r"default: terminal", "default: html", "copier.yml")
    commit(repository, "2.0.0")


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository, with this version and a next one."""
    folder = repository_of(template, tmp_path / "template")
    make_next_version(folder)
    return folder


def test_next_version_moves_what_it_has_renamed_if_it_is_trusted(
    repository: Path, tmp_path: Path
) -> None:
    answers = data({"coverage_fail_under": "75"})
    project = make_project(repository, tmp_path / "project", *answers)

    refused = environment.copier(project, "update")
    assert refused.returncode != 0
    assert "trust" in refused.stderr
    assert git(project, "status", "--porcelain") == ""

    run = environment.copier(project, "update", "--trust")
    assert run.returncode == 0, run.stderr
    stored = (project / ANSWERS_FILE).read_text()
    assert "minimum_coverage: '75'" in stored
    assert "coverage: terminal" in stored
    assert "coverage_fail_under" not in stored
    assert "fail_under = 75" in (project / "pyproject.toml").read_text()
    assert not (project / "tests" / "harness" / "queries.py").exists()
    done = run_pytest(project, ["-q"])
    assert done.status == 0, done.output


def test_stored_answer_that_is_no_choice_any_more_is_refused_and_nothing_is_written(
    repository: Path, tmp_path: Path
) -> None:
    answers = data({"isolation": "recreate"})
    project = make_project(repository, tmp_path / "project", *answers)

    run = environment.copier(project, "update", "--trust")

    assert run.returncode != 0
    assert "isolation was recreate, which is no choice" in run.stderr
    assert "isolation: recreate" in git(project, "show", f"HEAD:{ANSWERS_FILE}")
    changed = git(project, "status", "--porcelain").split()
    assert changed in ([], ["M", ANSWERS_FILE])  # what the migration did before


# What people have to merge who have written it in another style, as the changelog says.
BY_HAND = {"0.1.0": ["migrations/env.py"]}


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize(
    "answers", [{}, {"backend": "postgresql", "isolation": "truncate"}], ids=str
)
def test_project_of_a_release_is_updated_to_the_working_tree(
    render: Renderer, tmp_path: Path, version: str, answers: dict[str, Value]
) -> None:
    repository = repository_of_release(tmp_path / "template", version)
    user = User(repository, render, tmp_path / "project", **answers)
    release_working_tree(repository)

    user.update_first(*BY_HAND.get(version, ()))

    assert f"_commit: '{WORKING_TREE}'" in user.project.read(ANSWERS_FILE)
    user.format()  # new lines have the template's style
    user.check_tools_and_suite()


def test_project_that_is_older_than_a_fixed_question_has_its_default(
    render: Renderer, tmp_path: Path
) -> None:
    repository = repository_of_release(tmp_path / "template", "0.1.0")
    user = User(repository, render, tmp_path / "project")
    release_working_tree(repository)

    user.check_is_refused("It stays none. To change it by hand", api="fastapi")

    assert "api" not in user.stored


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize(
    ("backend", "missed"),
    [
        ("sqlite-memory", ["database.py", "sqlite.py"]),
        ("postgresql", ["database.py"]),
    ],
)
def test_project_that_keeps_an_old_file_is_told_what_it_misses(
    render: Renderer, tmp_path: Path, version: str, backend: str, missed: list[str]
) -> None:
    project = render(backend=backend).copy(tmp_path / "project")
    for name in ("database.py", "sqlite.py"):
        path = f"template/src/{{{{ package_name }}}}/{name}"
        old = git(environment.REPOSITORY, "show", f"{RELEASES[version]}:{path}")
        (project.root / "src" / project.package / name).write_text(old)

    # Of the users' own: an older project does not have it.
    (project.root / "tests" / "test_engine.py").unlink()
    done = run_pytest(project.root, ["-q"])

    failed = re.findall(r"^FAILED (\S+)", done.output, re.MULTILINE)
    advice = re.findall(r"^E .*Take \w+\(\) in (\w+\.py)", done.output, re.MULTILINE)
    assert advice == missed
    assert len(failed) == len(advice), done.output
