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


def repository_with_releases(folder: Path) -> Path:
    """Clone this repository into the new folder, with a tag for each release.

    The newest version, `WORKING_TREE`, has what lies in the working tree.
    """
    git(folder.parent, "clone", "--quiet", "--no-tags", REPOSITORY, folder)
    for version, of in RELEASES.items():
        git(folder, "tag", version, of)
    git(folder, "rm", "--quiet", "-r", ".")
    snapshot(folder)
    commit(folder)
    git(folder, "tag", WORKING_TREE)
    return folder
