"""The releases of the template, and repositories in which they are tagged."""

from pathlib import Path

from .environment import REPOSITORY
from .projects import snapshot
from .repositories import commit, git

WORKING_TREE = "9999"  # a version that is newer than any


def _read() -> dict[str, str]:
    lines = (REPOSITORY / "releases.txt").read_text().splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


RELEASES = _read()  # the commit of each version, the oldest first


def repository_of_release(folder: Path, version: str) -> Path:
    """Clone this repository into the new folder, with a tag for this release only."""
    git(folder.parent, "clone", "--quiet", "--no-tags", REPOSITORY, folder)
    git(folder, "tag", version, RELEASES[version])
    return folder


def release_working_tree(repository: Path) -> None:
    """Add the newest version, `WORKING_TREE`, of what lies in the working tree."""
    git(repository, "rm", "--quiet", "-r", ".")
    snapshot(repository)
    commit(repository, WORKING_TREE)
