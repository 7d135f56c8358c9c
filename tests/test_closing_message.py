"""The lines that Copier prints after rendering work as they are printed."""

import re
import shutil
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.environment import copier
from .matrix.questionnaire import ANSWERS_FILE
from .matrix.repositories import (
    CHANGED,
    HARNESS,
    add,
    commit,
    git,
    make_project,
    refusal,
    update,
    versions,
)


def lines_of(message: str, heading: str = "Next:") -> list[str]:
    """Return the lines to type that a message has below a heading."""
    lines = message.partition(f"{heading}\n\n")[2].partition("\n\n")[0]
    return re.findall(r"^ {2,4}(\S.*)$", lines, re.MULTILINE)


def type_in(folder: Path, lines: list[str]) -> str:
    """Run the lines in a shell and return what they print."""
    script = "\n".join(["set -e", *lines])
    own = {"PYTHONPATH": "", "UV_NO_PROGRESS": "1"}
    run = environment.run(folder, "sh", "-c", script, **own)
    assert run.returncode == 0, f"{script}\n{run.stdout}\n{run.stderr}"
    return run.stdout


def test_lines_of_the_messages_work_in_order(template: Path, tmp_path: Path) -> None:
    repository, project = tmp_path / "template", tmp_path / "my project"
    versions(template, repository)
    copied = copier(tmp_path, "copy", "--vcs-ref=0.1.0", repository, project)
    assert copied.returncode == 0, copied.stderr
    lines = lines_of(copied.stderr)
    assert [line.split()[0] for line in lines] == ["cd", "uv", "git"]

    output = type_in(tmp_path, lines)

    assert re.search(r"^(=+ )?\d+ passed in", output, re.MULTILINE)
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "--format=%s") == "Start from a template\n"

    lines = lines_of(update(tmp_path, project))
    assert [line.split()[0] for line in lines] == ["cd", "git", "uv", "uv"]

    output = type_in(tmp_path, lines)

    assert HARNESS in output
    assert re.search(r"^(=+ )?\d+ passed in", output, re.MULTILINE)


CHANGELOG = """\
## Unreleased

## 0.3.0 - 2030-03-01

### Added

- The third.

### Fixed

- A fault. No test
  had noticed, because

- Another. No test had noticed, because it
  was hidden, as they say.

### By hand

- Do the third.

      whole_line = 3

## 0.2.0 - 2030-02-01

### By hand

- Do the second.

## 0.1.0 - 2030-01-01

- The first.
"""
NEWS = """
Task Tracker has been merged with version 0.3.0 of the template.

New in 0.3.0 - 2030-03-01

### Added

- The third.

### Fixed

- A fault.

- Another.

New in 0.2.0 - 2030-02-01

No update changes what is your own. Do this by hand, as far as it concerns you:

- Do the third.

      whole_line = 3

- Do the second.

Next:

  git status    # resolve what is "both modified", if anything is
"""


def test_update_says_what_is_new_and_what_is_left_to_do(
    template: Path, tmp_path: Path
) -> None:
    repository = versions(template, tmp_path / "template")
    (repository / "CHANGELOG.md").write_text(CHANGELOG)
    package = "src/{{ package_name }}"
    for path in (f"{package}/models/task.py", f"{package}/sqlite.py", HARNESS):
        add(repository / "template" / path)
    commit(repository)
    git(repository, "tag", "0.3.0")
    project = make_project(repository, tmp_path / "project")
    add(project / HARNESS)  # where the newer version has added something, too
    commit(project)

    message = update(project)
    assert NEWS in message

    assert f"both modified:   {HARNESS}" in git(project, "status")
    commit(project)
    again = update(project, "-d", "coverage=none")
    assert "New in" not in again
    assert "in files that are yours" not in again
    lines = lines_of(message, "since 0.1.0, in files that are yours:")
    output = type_in(project, [*lines[:-1], "done | cat"])
    differences = re.findall(r"^[-+].*", output, re.MULTILINE)
    assert [line[:3] for line in differences] == ["---", "+++", "+# "]
    assert differences[0].partition("\t")[0].endswith("models/task.py")


def test_quiet_copy_and_update_print_nothing(template: Path, tmp_path: Path) -> None:
    repository = versions(template, tmp_path / "template")
    project = tmp_path / "project"
    arguments = ["--vcs-ref=0.1.0", str(repository), str(project)]

    run = copier(tmp_path, "copy", "--quiet", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")

    commit(project)
    run = copier(project, "update", "--quiet")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (project / HARNESS).read_text().endswith(CHANGED)


# ---- Where updates come from ------------------------------------------------------


@pytest.mark.one_of("address")
@pytest.mark.parametrize("address", ["{}/elsewhere", "file://{}/elsewhere.git"])
def test_project_is_updated_from_elsewhere_as_the_message_says(
    template: Path, tmp_path: Path, address: str
) -> None:
    repository, project = tmp_path / "template", tmp_path / "project"
    versions(template, repository)
    run = copier(tmp_path, "copy", "--vcs-ref=0.1.0", repository, project)
    assert f"Updates will come from the folder {repository}," in run.stderr
    assert (
        f"set `_src_path` in {ANSWERS_FILE}\nto a URL that ends in .git" in run.stderr
    )
    commit(project)

    shutil.move(repository, tmp_path / "elsewhere")
    git(tmp_path, "clone", "--quiet", "--bare", "elsewhere", "elsewhere.git")
    error = refusal(project, "update")
    # The harness's README.md has the message.
    assert error == "ValueError: Local template must be a directory."

    move_to(project, address.format(tmp_path))
    update(project, COPIER_CACHE_DIR=tmp_path / "cache")

    assert (project / HARNESS).read_text().endswith(CHANGED)


def move_to(project: Path, address: str) -> None:
    """Set where the project's updates come from, and commit."""
    file = project / ANSWERS_FILE
    line = f"_src_path: {address}"
    file.write_text(
        re.sub("^_src_path: .*", line, file.read_text(), flags=re.MULTILINE)
    )
    commit(project)


@pytest.mark.every
def test_relative_path_of_the_template_is_set_right(
    template: Path, tmp_path: Path
) -> None:
    repository, project = versions(template, tmp_path / "t"), tmp_path / "project"
    run = copier(tmp_path, "copy", "--vcs-ref=0.1.0", "t", project)
    assert "Updates will not find the folder t, because it is relative" in run.stderr
    commit(project)
    assert "Local template must be a directory." in refusal(project, "update")

    move_to(project, str(repository))
    update(project)

    assert (project / HARNESS).read_text().endswith(CHANGED)


def test_copy_says_when_it_cannot_be_updated(template: Path, tmp_path: Path) -> None:
    run = copier(tmp_path, "copy", template, "plain")
    assert "cannot be updated" in run.stderr
    assert "not the root of\na git repository" in run.stderr

    repository = versions(template, tmp_path / "template")
    add(repository / "template" / HARNESS)
    run = copier(tmp_path, "copy", repository, "tagged")
    assert "cannot be updated" not in run.stderr
    project = tmp_path / "project"
    run = copier(tmp_path, "copy", "--vcs-ref=HEAD", repository, project)
    assert f"cannot be updated, because {repository} has changes" in run.stderr
    commit(project)
    assert "Unknown revision" in refusal(project, "update")


@pytest.mark.every
def test_unknown_version_is_set_right(template: Path, tmp_path: Path) -> None:
    """As the harness's README.md says."""
    repository = versions(template, tmp_path / "template")
    project = make_project(repository, tmp_path / "project")
    file = project / ANSWERS_FILE
    known = file.read_text()
    file.write_text(known.replace("_commit: 0.1.0", "_commit: 0.1.0-1-gabcdef0"))
    commit(project)
    error = refusal(project, "update")
    assert error == "ValueError: Unknown revision: '0.1.0-1-gabcdef0'"

    file.write_text(known)
    commit(project)
    update(project)

    assert (project / HARNESS).read_text().endswith(CHANGED)
