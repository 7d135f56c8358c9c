"""What an update refuses, before it writes anything, and the way by hand."""

import re
from pathlib import Path

import pytest

from .matrix.environment import copier, program
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Questionnaire, Value
from .matrix.repositories import commit, git
from .matrix.terminals import in_terminal
from .matrix.updating import User, edit, repository_of

BY_HAND = "To change it by hand, see tests/harness/README.md."
GITHUB = ".github/workflows/ci.yml"
RENOVATE = "renovate.json"
FACTORIES = "tests/factories.py"
DOWN = "\x1b[B"  # the key


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a git repository with one version."""
    return repository_of(template, tmp_path / "template")


@pytest.fixture
def user(repository: Path, render: Renderer, tmp_path: Path) -> User:
    """A user with a project that has the default answers."""
    return User(repository, render, tmp_path / "project")


@pytest.mark.one_of("name", "value", "now")
@pytest.mark.parametrize(
    ("name", "value", "now"),
    [
        ("package_name", "shop", "task_tracker"),
        ("license", "none", "MIT"),
        ("migrations", "none", "alembic"),
        ("api", "fastapi", "none"),
        ("pytest_config", "pytest-ini", "pyproject"),
        ("example", False, True),
    ],
)
def test_answer_that_is_fixed_stays(
    user: User, name: str, value: Value, now: str
) -> None:
    advice = f"{name} is fixed once chosen. It stays {now}. {BY_HAND}"
    user.check_is_refused(advice, **{name: value})
    assert f"`{name}`" in user.project.read("tests/harness/README.md")


@pytest.mark.one_of("name", "value", "advice")
@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("ci", "gitlab", f"First delete {GITHUB}, with your edits."),
        ("ci", "none", f"First delete {GITHUB}, with your edits."),
        ("updated_from", "", "It is computed. Leave it out."),
        ("supported_pythons", "", "It is computed. Leave it out."),
        ("uses_sqlite", "", "It is computed. Leave it out."),
    ],
)
def test_answer_that_would_lose_work_is_refused(
    user: User, name: str, value: str, advice: str
) -> None:
    user.check_is_refused(advice, **{name: value})


def test_terminal_asks_only_for_what_may_change_and_refuses_what_is_picked(
    user: User, questionnaire: Questionnaire
) -> None:
    details = questionnaire.details
    helps = {name: details[name]["help"] for name in questionnaire.asked}
    replies = {
        text: DOWN if name == "ci" else ""
        for name, text in helps.items()
        if "ask" not in details[name]
        and name != "postgres_driver"
        and not re.search("== '(harness|entity)", details[name].get("when", ""))
    }

    status, output = in_terminal(user.root, replies, program("copier"), "update")

    assert len(replies) == 11
    assert {text for text in helps.values() if text in output} == {*replies}
    assert f"First delete {GITHUB}, with your edits." in output
    assert status != 0
    assert git(user.root, "status", "--porcelain") == ""


def test_stored_answer_that_is_no_choice_is_refused(user: User) -> None:
    edit(user.root / ANSWERS_FILE, "isolation: rollback", "isolation: unheard-of")
    commit(user.root)

    user.check_is_refused("Invalid choice for 'isolation': 'unheard-of' is not in")


def test_stored_answer_that_is_missing_is_refused(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    answers = {"backend": "postgresql", "coverage": "html"}
    user = User(repository, render, tmp_path / "project", **answers)
    file, stored = user.root / ANSWERS_FILE, user.stored
    kept = r"(?m)^(?!_|#|isolation|backend|coverage:).*\n"
    file.write_text(re.sub(kept, "", file.read_text()))
    commit(user.root)

    error = user.copier("update").stderr

    [names] = re.findall(r"'project_name': (.*): missing in", error)
    assert {*names.split(", ")} == stored.keys() - {"isolation", "backend", "coverage"}
    assert f"missing in {ANSWERS_FILE}. Put back what `git log -p` shows." in error
    assert git(user.root, "status", "--porcelain") == ""


def test_computed_name_in_the_users_settings_is_refused(
    user: User, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {user_name: Ada, other: 1, uses_sqlite: false}\n")
    own = {"COPIER_SETTINGS_PATH": settings}

    run = copier(user.root, "update", **own)

    assert run.returncode != 0
    assert "uses_sqlite is computed: take it out of your Copier settings." in run.stderr
    assert git(user.root, "status", "--porcelain") == ""


@pytest.mark.every
def test_stored_answer_that_is_no_choice_any_more_is_refused(
    user: User, repository: Path
) -> None:
    edit(repository / "copier.yml", "rolled back): rollback", "rolled back): undo")
    edit(repository / "copier.yml", "default: rollback", "default: undo")
    commit(repository)
    git(repository, "tag", "0.2.0")

    advice = f"isolation was rollback, which is no choice: edit {ANSWERS_FILE}."
    user.check_is_refused(advice)
    user.check_is_refused(advice, isolation="truncate")


def test_name_that_is_reserved_since_then_is_refused(
    user: User, repository: Path
) -> None:
    edit(repository / "hooks" / "reserved_names.txt", "", "task_tracker\n")
    commit(repository)
    git(repository, "tag", "0.2.0")

    user.check_is_refused(f"It stays task_tracker. {BY_HAND}")


@pytest.mark.every
def test_package_is_renamed_by_hand(user: User) -> None:
    git(user.root, "mv", "src/task_tracker", "src/shop")
    for path in user.paths():
        file = user.root / path
        file.write_text(file.read_text().replace("task_tracker", "shop"))
    commit(user.root)

    user.update()

    assert user.project.package == "shop"
    assert git(user.root, "log", "--format=%s", "--", "src/task_tracker").count("\n")
    assert not (user.root / "src/task_tracker").exists()
    user.check_tools_and_suite()
    user.update(isolation="truncate")


def test_licence_is_replaced_by_hand(user: User, render: Renderer) -> None:
    (user.root / "LICENSE").write_text(render(license="Apache-2.0").read("LICENSE"))
    edit(user.root / "pyproject.toml", 'license = "MIT"', 'license = "Apache-2.0"')
    edit(user.root / ANSWERS_FILE, "license: MIT", "license: Apache-2.0")
    commit(user.root)

    user.update()

    assert user.project.answers["license"] == "Apache-2.0"
    assert user.edits()["pyproject.toml"][1]['license = "MIT"'] == 0


@pytest.mark.every
def test_ci_changes_when_its_files_are_deleted(user: User) -> None:
    (user.root / GITHUB).unlink()
    commit(user.root)
    user.update(ci="gitlab")
    assert (user.root / ".gitlab-ci.yml").exists()
    assert "gitlab" in user.project.read(RENOVATE)

    (user.root / ".gitlab-ci.yml").unlink()
    commit(user.root)
    user.check_is_refused(f"First delete {RENOVATE}, with your edits.", ci="none")
    (user.root / RENOVATE).unlink()
    commit(user.root)
    user.update(ci="none")
    assert not (user.root / RENOVATE).exists()

    # What somebody wrote meanwhile is not replaced either.
    (user.root / GITHUB).parent.mkdir(parents=True, exist_ok=True)
    (user.root / GITHUB).write_text("name: Mine\n")
    commit(user.root)
    user.check_is_refused(f"First delete {GITHUB}, with your edits.", ci="github")
    (user.root / GITHUB).unlink()
    commit(user.root)
    user.update(ci="github")
    assert (user.root / GITHUB).exists()
    assert (user.root / RENOVATE).exists()


def test_factories_change_when_theirs_are_deleted(
    repository: Path, render: Renderer, tmp_path: Path
) -> None:
    user = User(repository, render, tmp_path / "project", factories="none")
    user.update(factories="factory-boy")
    user.check_tools_and_suite()
    # No example: the update brings what factories derive from, and people write them.
    (user.root / FACTORIES).write_text('"""Mine, for factory-boy."""\n')
    commit(user.root)

    for value in ("polyfactory", "none"):
        advice = f"First delete {FACTORIES}, written for factory-boy."
        user.check_is_refused(advice, factories=value)
    (user.root / FACTORIES).unlink()
    commit(user.root)
    user.update(factories="polyfactory")
    user.check_tools_and_suite()
    user.update(factories="none")
    user.update(factories="polyfactory")
    user.update(factories="factory-boy")
    user.update(factories="none")
    user.check_tools_and_suite()
