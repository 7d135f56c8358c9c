"""Git repositories: the template's versions, and projects that are made from them."""

import shutil
from pathlib import Path

from . import environment

# What changes from 0.1.0 to 0.2.0.
HARNESS = "tests/harness/leaks.py"
CHANGED = "# Changed in the newer version.\n"


def git(folder: Path, *arguments: str | Path) -> str:
    """Run git in a folder and return what it prints."""
    run = environment.run(folder, "git", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def commit(folder: Path) -> None:
    """Commit everything in a folder, which becomes a repository."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def versions(template: Path, folder: Path) -> Path:
    """Make a repository of the template in the new folder, with two versions."""
    shutil.copytree(template, folder)
    commit(folder)
    git(folder, "tag", "0.1.0")
    with (folder / "template" / HARNESS).open("a") as file:
        file.write(CHANGED)
    commit(folder)
    git(folder, "tag", "0.2.0")
    return folder
