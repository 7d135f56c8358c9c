"""The script in docs/ updates many projects, and says which of them need somebody."""

from pathlib import Path

from .matrix import environment
from .matrix.questionnaire import ANSWERS_FILE
from .matrix.repositories import (
    HARNESS,
    add,
    changes,
    commit,
    make_project,
    versions,
)
from .matrix.updating import edit

SCRIPT = environment.REPOSITORY / "docs" / "update_services.sh"


def test_each_project_is_updated_and_tested_or_the_report_says_why_not(
    template: Path, tmp_path: Path
) -> None:
    repository = versions(template, tmp_path / "template")
    names = ("current", "old one", "merged", "damaged", "red", "dirty")
    projects = {
        name: make_project(repository, tmp_path / name, "-d", "example=false")
        for name in names
    }
    run = environment.copier(projects["current"], "update")
    assert run.returncode == 0, run.stderr
    add(projects["merged"] / HARNESS)
    edit(projects["damaged"] / ANSWERS_FILE, "backend: sqlite-memory\n", "")
    (projects["red"] / "tests/test_red.py").write_text("def test_red(): assert 0\n")
    for project in projects.values():
        commit(project)
    add(projects["dirty"] / "notes.md")
    (tmp_path / "empty").mkdir()
    add(tmp_path / "unshared" / ANSWERS_FILE)

    folders = [*names, "empty", "unshared", "nowhere"]
    run = environment.run(tmp_path, "bash", SCRIPT, *folders)

    report = dict(line.split(": ", 1) for line in run.stdout.splitlines())
    assert run.returncode == 1, run.stderr
    assert report.keys() == {*folders}
    assert report["current"] == "up to date: 0.2.0"
    assert report["old one"] == "green: 0.1.0 to 0.2.0"
    assert report["merged"] == f"conflicts, 0.1.0 to 0.2.0: {HARNESS}"
    assert report["damaged"].startswith("not updated: ")
    assert report["damaged"].endswith("Put back what `git log -p` shows.")
    assert report["red"].startswith("red: ")
    assert "1 failed" in report["red"]
    assert report["dirty"] == "not committed"
    assert report["empty"] == f"no project: there is no {ANSWERS_FILE}"
    assert "not a git repository" in report["unshared"]
    assert "nowhere" in report["nowhere"]
    assert [name for name in names if changes(projects[name])] == [
        *("old one", "merged", "red", "dirty")
    ]

    run = environment.run(tmp_path, "bash", SCRIPT, "current")
    assert (run.returncode, run.stdout) == (0, "current: up to date: 0.2.0\n")
    assert environment.run(tmp_path, "bash", SCRIPT).returncode == 2


def test_script_is_short() -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 60
