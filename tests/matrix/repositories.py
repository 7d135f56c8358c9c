"""Git repositories: the template's versions, and projects that are made from them."""

import shutil
from pathlib import Path

import yaml

from . import environment
from .questionnaire import ANSWERS_FILE

# What changes from 0.1.0 to 0.2.0.
HARNESS = "tests/harness/leaks.py"
CHANGED = "# Changed in the newer version.\n"

# What a user adds to a file.
MINE = "# Mine.\n"


def git(folder: Path, *arguments: str | Path) -> str:
    """Run git in a folder and return what it prints."""
    run = environment.run(folder, "git", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def commit(folder: Path, tag: str = "") -> None:
    """Commit everything in a folder, which becomes a repository, and tag it."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Change")
    if tag:
        git(folder, "tag", tag)


def repository_of(template: Path, folder: Path) -> Path:
    """Make the template a repository with the version 0.1.0, in a new folder."""
    shutil.copytree(template, folder, symlinks=True)
    commit(folder, "0.1.0")
    return folder


def versions(template: Path, folder: Path) -> Path:
    """Make a repository of the template in the new folder, with two versions."""
    repository_of(template, folder)
    with (folder / "template" / HARNESS).open("a") as file:
        file.write(CHANGED)
    commit(folder, "0.2.0")
    return folder


def make_project(source: Path, folder: Path, *options: str | Path) -> Path:
    """Make a project of version 0.1.0 and commit it."""
    options = ("--vcs-ref=0.1.0", *options)
    run = environment.copier(folder.parent, "copy", *options, source, folder)
    assert run.returncode == 0, run.stderr
    commit(folder)
    return folder


def answers(project: Path, file: str = ANSWERS_FILE) -> dict[str, object]:
    """Return what an answers file holds."""
    stored: dict[str, object] = yaml.safe_load((project / file).read_text())
    return stored


def changes(folder: Path) -> list[str]:
    """Return the paths of a repository that differ from what is committed."""
    lines = git(folder, "status", "--porcelain", "--untracked-files=all").splitlines()
    return [line[3:] for line in lines]


def add(path: Path) -> None:
    """Add a line to a file, or make it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(MINE)


def update(folder: Path, *options: str | Path, **own: str | Path) -> str:
    """Update a project and return what Copier prints."""
    run = environment.copier(folder, "update", *options, **own)
    assert run.returncode == 0, run.stderr
    return run.stderr


def refusal(folder: Path, command: str, *options: str | Path) -> str:
    """Run a command of Copier that fails, and return the last line that it prints."""
    run = environment.copier(folder, command, *options)
    assert run.returncode != 0
    return run.stderr.splitlines()[-1]
