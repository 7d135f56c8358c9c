"""A project that is rendered anew keeps what is the user's own."""

from pathlib import Path

import pytest
import yaml
from pathspec import PathSpec

from .matrix.edits import DELETED, RENAMED
from .matrix.environment import REPOSITORY, copier
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE
from .matrix.repositories import changes, refusal
from .matrix.updating import User, repository_of


@pytest.mark.parametrize("command", ["recopy", "copy"])
def test_files_of_the_users_own_stay_as_they_are(
    template: Path, render: Renderer, tmp_path: Path, command: str
) -> None:
    repository = repository_of(template, tmp_path / "template")
    user = User(repository, render, tmp_path / "project", api="fastapi")
    own = user.own_files()
    source = (repository, ".") if command == "copy" else ()

    assert "To replace it, add --overwrite" in refusal(user.root, command, *source)
    assert changes(user.root) == []
    run = copier(user.root, command, "--overwrite", *source)

    assert run.returncode == 0, run.stderr
    assert user.edits() == {}
    after = user.own_files()
    assert {path: after[path] for path in own} == own
    # Made anew, as tests/harness/README.md says; an update does not.
    assert after.keys() - own.keys() == {*DELETED, *RENAMED}
    user.check_templates_files()


def test_every_file_is_left_alone_by_updates_or_merged(render: Renderer) -> None:
    settings = yaml.safe_load((REPOSITORY / "copier.yml").read_text())
    [start, *own, end] = settings["_exclude"][0].splitlines()
    assert start + end == "{% if _copier_operation == 'update' %}{% endif %}"
    [everything, *merged] = settings["_skip_if_exists"][:-6]  # without those of --skip
    assert everything == "/**"
    lists = [own, [pattern.removeprefix("!") for pattern in merged[1:]]]
    [is_own, is_merged] = [PathSpec.from_lines("gitignore", lines) for lines in lists]

    both = {"backend": "sqlite-and-postgresql", "api": "fastapi"}
    other = {"ci": "gitlab", "pytest_config": "pytest-ini", "migrations": "none"}
    for answers in ({}, {**both, "factories": "polyfactory"}, {**both, **other}):
        for path in render(**answers).files():
            if path.name != ANSWERS_FILE:
                assert is_own.match_file(path) != is_merged.match_file(path), path
