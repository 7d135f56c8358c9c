"""The changelog, the list of releases and what has changed agree."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import Version

from .matrix import environment
from .matrix.environment import REPOSITORY
from .matrix.projects import Renderer
from .matrix.questionnaire import Value, data
from .matrix.releases import RELEASES, repository_of_release
from .matrix.repositories import git

CHANGELOG = (REPOSITORY / "CHANGELOG.md").read_text()
# What reaches projects.
PRODUCT = ["copier.yml", "template", "hooks", "sections", "factories", "licenses"]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "By hand"}


def sections() -> dict[str, str]:
    """Return the text of each version's section in the changelog, the newest first."""
    [_, *parts] = re.split(r"^## (.*)\n", CHANGELOG, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_changelog_keeps_the_form_of_keep_a_changelog() -> None:
    [unreleased, *headings] = sections()
    versions = [heading.partition(" - ")[0] for heading in headings]

    assert unreleased == "Unreleased"
    assert all(re.fullmatch(r"\S+ - \d{4}-\d\d-\d\d", heading) for heading in headings)
    assert versions == [*RELEASES][::-1]
    for text in sections().values():
        kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
        assert set(kinds) <= KINDS
        assert "By hand" not in kinds[:-1]  # an update shows it at the end
        assert re.fullmatch(r"(\s|### .+\n|- .*\n(  .*\n|\n(?=  ))*)*", text), text
    assert not re.search(r"\{[{%#]", CHANGELOG)  # an update includes it


def test_versions_are_in_order_and_their_commits_in_the_history() -> None:
    for older, newer in pairwise(RELEASES):
        assert Version(older) < Version(newer)
    for version, commit in RELEASES.items():
        assert str(Version(version)) == version
        git(REPOSITORY, "merge-base", "--is-ancestor", commit, "HEAD")


def test_what_changes_for_projects_has_an_entry() -> None:
    if not RELEASES:
        pytest.skip("nothing was released yet")
    [*_, last] = RELEASES.values()
    changed = git(REPOSITORY, "diff", "--name-only", last, "--", *PRODUCT)
    changed += git(REPOSITORY, "ls-files", "--others", "--exclude-standard", *PRODUCT)

    assert not changed or "\n- " in sections()["Unreleased"], changed


@pytest.mark.parametrize(
    "answers", [{}, {"backend": "postgresql", "example": False}], ids=str
)
def test_what_changes_in_files_of_the_users_own_is_to_be_done_by_hand(
    render: Renderer, tmp_path: Path, answers: dict[str, Value]
) -> None:
    [*_, (version, _)] = RELEASES.items()
    repository = repository_of_release(tmp_path / "template", version)
    old, options = tmp_path / "old", (f"--vcs-ref={version}", *data(answers))
    copied = environment.copier(tmp_path, "copy", *options, repository, old)
    assert copied.returncode == 0, copied.stderr
    new = render(**answers)
    by_hand = sections()["Unreleased"].partition("### By hand")[2]

    package = Path("src") / new.package
    own = [path for path in new.files("*.py") if package in path.parents]
    own = [path for path in own if path.parent != package or path.stem == "settings"]
    for path in (*own, *(p for p in new.files("*.py") if p.parent.name == "tests")):
        if (old / path).exists() and (old / path).read_text() != new.read(path):
            assert f"`{path.as_posix().removeprefix(f'{package}/')}`" in by_hand
