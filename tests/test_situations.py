"""Copier's commands and options, and the places in which people use them."""

import json
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import copier
from .matrix.questionnaire import ANSWERS_FILE, data
from .matrix.repositories import (
    CHANGED,
    HARNESS,
    MINE,
    add,
    answers,
    changes,
    commit,
    make_project,
    refusal,
    update,
    versions,
)


@pytest.fixture(scope="module")
def repository(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a git repository with the versions 0.1.0 and 0.2.0."""
    return versions(template, tmp_path_factory.mktemp("versions") / "template")


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A project of version 0.1.0, committed."""
    return make_project(repository, tmp_path / "project")


# ---- Commands and options ---------------------------------------------------------


def test_check_update_finds_a_newer_version_and_an_older_one_is_refused(
    project: Path,
) -> None:
    command = [environment.program("copier"), "check-update"]

    def check(*options: str) -> tuple[int, str]:
        run = environment.run(project, *command, *options)
        return run.returncode, run.stdout

    status, text = check("--output-format", "json")
    assert json.loads(text) == {
        "update_available": True,
        "current_version": "0.1.0",
        "latest_version": "0.2.0",
    }
    assert (status, check("--quiet")) == (0, (2, ""))

    update(project)
    commit(project)

    assert not json.loads(check("--output-format", "json")[1])["update_available"]
    assert check("--quiet") == (0, "")
    error = refusal(project, "update", "--vcs-ref=0.1.0")
    assert "Downgrades are not supported." in error
    assert changes(project) == []


def test_pretended_update_and_copy_change_nothing(
    repository: Path, project: Path, tmp_path: Path
) -> None:
    assert "Next:" not in update(project, "--pretend")
    assert changes(project) == []

    run = copier(tmp_path, "copy", "--pretend", repository, tmp_path / "new")
    assert (run.returncode, "Next:" in run.stderr) == (0, False)
    assert not (tmp_path / "new").exists()


@pytest.mark.every
def test_version_is_the_one_that_is_asked_for(project: Path) -> None:
    for ref, version, isolation in (
        (":current:", "0.1.0", "truncate"),
        ("0.1.0", "0.1.0", "recreate"),
        ("HEAD", "0.2.0", "snapshot"),
    ):
        update(project, f"--vcs-ref={ref}", *data({"isolation": isolation}))
        commit(project)

        stored = answers(project)
        assert (stored["_commit"], stored["isolation"]) == (version, isolation)
        assert (project / f"tests/harness/sqlite_{isolation}.py").exists()


def test_update_without_a_terminal_asks_nothing_and_keeps_answers(
    repository: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {user_name: Ada, user_email: ada@example.com}\n")
    project, given = tmp_path / "project", data({"isolation": "truncate"})
    options = [*given, str(repository), str(project)]
    own = {"COPIER_SETTINGS_PATH": settings}
    run = copier(tmp_path, "copy", "--vcs-ref=0.1.0", *options, **own)
    commit(project)
    before = answers(project)
    assert (run.returncode, before["user_name"]) == (0, "Ada")

    update(project, "--skip-answered")  # as Renovate does, with other settings

    assert answers(project) == before | {"_commit": "0.2.0"}
    assert set(changes(project)) == {ANSWERS_FILE, HARNESS}


# ---- Where a project is -----------------------------------------------------------


@pytest.mark.every
def test_projects_in_one_repository_are_updated_on_their_own(
    repository: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole [1]"  # a wildcard, for who looks for files
    one, other = whole / "services/one", whole / "services/other"
    add(whole / "README.md")
    commit(whole)
    for folder in (one, other):
        folder.parent.mkdir(exist_ok=True)
        arguments = ("--vcs-ref=0.1.0", *data({"package_name": folder.name}))
        run = copier(whole, "copy", *arguments, repository, folder)
        assert "\n  git add . &&" in run.stderr  # no repository in the repository
    own = ["README.md", "src/one/models/task.py", "pyproject.toml"]
    for path in own:
        add(one / path)
    (one / "LICENSE").unlink()
    (one / "tests/test_models.py").unlink()
    (one / ".editorconfig").unlink()
    commit(whole)

    # As Renovate did before 38.33.1, and as it does since then.
    robot = ("--skip-answered", "--vcs-ref=0.2.0", "--answers-file")
    error = refusal(whole, "update", *robot, f"services/one/{ANSWERS_FILE}")
    assert "in services/one: run `copier update services/one`." in error
    assert changes(whole) == []
    add(other / "progress.txt")
    message = update(one, *robot, ANSWERS_FILE)

    prefix = "services/one/"
    assert "  cd" not in message
    assert set(changes(whole)) == {
        *(prefix + path for path in (ANSWERS_FILE, HARNESS)),
        "services/other/progress.txt",
    }
    assert all((one / path).read_text().endswith(MINE) for path in own)

    commit(whole)
    assert "It stays one." in refusal(one, "update", *data({"package_name": "two"}))
    assert "\n  cd services/other\n" in update(whole, "services/other")
    assert (other / HARNESS).read_text().endswith(CHANGED)
    assert len(changes(whole)) == 2


@pytest.mark.every
def test_answers_file_has_its_name_beside_that_of_another_template(
    repository: Path, tmp_path: Path
) -> None:
    project, file = tmp_path / "project", ".copier-answers.sqlmodel.yml"
    project.mkdir()
    (project / ANSWERS_FILE).write_text("_src_path: other\nlicense: GPL\n")
    options: list[str | Path] = ["--vcs-ref=0.1.0", repository, "."]

    error = refusal(project, "copy", *options)
    assert error.endswith(
        "another template's: choose another name with --answers-file."
    )
    assert [path.name for path in project.iterdir()] == [ANSWERS_FILE]

    run = copier(project, "copy", "--answers-file", file, *options)
    assert f"`_src_path` in {file}" in run.stderr
    assert (
        f"`--answers-file {file}`" in (project / "tests/harness/README.md").read_text()
    )
    commit(project)
    migrations = ["--answers-file", file, *data({"migrations": "none"})]
    assert "It stays alembic." in refusal(project, "update", *migrations)
    update(project, "--answers-file", file)

    assert answers(project, file)["_commit"] == "0.2.0"
    assert set(changes(project)) == {file, HARNESS}


def test_update_elsewhere_or_of_a_dirty_tree_is_refused(project: Path) -> None:
    # The harness's README.md has the message.
    assert refusal(project / "src", "update") == "TypeError: Template not found"

    add(project / "README.md")
    assert "Destination repository is dirty" in refusal(project, "update")
    assert changes(project) == ["README.md"]
