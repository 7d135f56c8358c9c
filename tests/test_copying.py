"""Copying into a folder that has files, and without trust."""

from pathlib import Path

import pytest
import yaml

from .matrix.environment import REPOSITORY, copier, run
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE, Questionnaire, data
from .matrix.repositories import HARNESS, MINE, add, commit, refusal
from .matrix.terminals import in_terminal


def test_copy_is_whole_or_writes_nothing(render: Renderer, tmp_path: Path) -> None:
    """Whatever file is there already, and without a terminal."""
    others = render(ci="gitlab", pytest_config="pytest-ini", factories="polyfactory")
    for number, made in enumerate((render(), others)):
        refused = set()
        for path in made.files():
            folder = tmp_path / str(number) / str(path).replace("/", " ")
            if path.name == ANSWERS_FILE:
                continue
            add(folder / path)
            error = ""
            try:
                render.questionnaire.render(made.answers, folder)
            except ValueError as refused_with:
                error = str(refused_with)
            assert (folder / path).read_text() == MINE
            if error:
                assert "To replace it, add --overwrite" in error
                assert [p for p in folder.rglob("*") if p.is_file()] == [folder / path]
                refused.add(path.as_posix())
        assert "pyproject.toml" in refused
        assert not refused & {"README.md", "LICENSE", ".gitignore"}


def test_copy_over_other_files_is_refused_with_advice(
    template: Path, tmp_path: Path, questionnaire: Questionnaire
) -> None:
    folder = tmp_path / "project"
    add(folder / "pyproject.toml")
    advice = (
        "pyproject.toml exists. To replace it, add --overwrite; to keep it, "
        "--skip=pyproject.toml; to be asked, leave out --defaults."
    )

    assert refusal(tmp_path, "copy", template, folder).endswith(advice)
    given = data(questionnaire.complete({}))  # with all of them nothing is asked either
    command = ["copier", "copy", *given, str(template), str(folder)]
    assert advice in run(tmp_path, *command).stderr
    assert [path.name for path in folder.iterdir()] == ["pyproject.toml"]

    kept = ["pyproject.toml", ".editorconfig", "src/task_tracker/database.py"]
    for path in kept[1:]:
        add(folder / path)
    options = [f"--skip={path}" for path in kept]
    assert copier(tmp_path, "copy", *options, template, folder).returncode == 0
    assert {(folder / path).read_text() for path in kept} == {MINE}


def test_repository_with_a_readme_and_a_licence_becomes_a_project(
    template: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    paths = ["README.md", "LICENSE", ".gitignore"]
    for path in paths:
        add(folder / path)
    commit(folder)

    done = copier(folder, "copy", template, ".")

    assert done.returncode == 0
    assert "git init" not in done.stderr
    assert "  cd" not in done.stderr
    assert all((folder / path).read_text() == MINE for path in paths)
    assert (folder / "pyproject.toml").exists()


@pytest.mark.parametrize(("reply", "replaced"), [("y", True), ("n", False)])
def test_terminal_asks_for_each_file(
    template: Path,
    tmp_path: Path,
    questionnaire: Questionnaire,
    reply: str,
    replaced: bool,
) -> None:
    folder = tmp_path / "project"
    add(folder / "pyproject.toml")
    given = dict(questionnaire.complete({}))
    asked = str(questionnaire.details["ci"]["help"])
    del given["ci"]  # one question is enough
    command = ["copier", "copy", *data(given), str(template), str(folder)]

    replies = {asked: "", "Overwrite pyproject.toml?": reply}
    status, output = in_terminal(tmp_path, replies, *command)

    assert status == 0, output
    assert ((folder / "pyproject.toml").read_text() != MINE) is replaced
    assert (folder / HARNESS).exists()


def test_nothing_needs_trust(template: Path) -> None:
    """The other tests pass no --trust, and nothing asks for it but a migration."""
    settings = yaml.safe_load((template / "copier.yml").read_text())
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()

    assert not {"_tasks", "_jinja_extensions"} & set(settings)
    for migration in settings.get("_migrations", []):
        _, _, entry = changelog.partition(f"\n## {migration['version']}")
        assert "--trust" in entry.partition("\n## ")[0], migration
