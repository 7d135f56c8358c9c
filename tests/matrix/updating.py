"""A user's project in a git repository, and what an update of it has to keep."""

import re
import shutil
from collections import Counter
from pathlib import Path

from . import edits, environment
from .environment import program
from .projects import Project, Renderer
from .questionnaire import ANSWERS_FILE, Answers, data

TEMPLATES = ("tests/harness/", f"{edits.PACKAGE}/database_url.py")
SHARED = {*edits.SHARED, *edits.PYTEST, ANSWERS_FILE}
# Whose floors the template does not change with an answer.
STABLE = r'"(sqlmodel|sqlalchemy\S*|pydantic-settings|alembic|ruff|mypy|pytest|pytest-\w+io|pytest-xdist)>=([\d.]+)"'


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    run = environment.run(folder, "git", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def commit(folder: Path) -> None:
    """Commit everything in a folder, which becomes a repository."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def repository_of(template: Path, folder: Path) -> Path:
    """Make the template a git repository with one version, in a new folder."""
    shutil.copytree(template, folder)
    commit(folder)
    git(folder, "tag", "0.1.0")
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that a file has once; nothing is replaced at its end."""
    text = path.read_text()
    if old:
        assert text.count(old) == 1, f"{path.name} has not one {old!r}"
    path.write_text(text.replace(old, new) if old else text + new)


class User:
    """Somebody who has made a project from a repository, and works on it."""

    def __init__(
        self, repository: Path, render: Renderer, folder: Path, **answers: str | bool
    ) -> None:
        self._render = render
        run = environment.copier(folder.parent, "copy", *data(answers), repository, folder)
        assert run.returncode == 0, run.stderr
        self.project = Project(render(**answers).answers, folder)
        commit(folder)
        self._work()
        commit(folder)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    @property
    def fresh(self) -> Project:
        """A project just made with the same answers."""
        return self._render(**self.project.answers)

    def update(self, **changes: str) -> None:
        """Change answers; fail unless everything is kept, and merged well."""
        kept, own = self._edits(), self._own_files()
        run = self.copier_update(**changes)
        assert run.returncode == 0, run.stderr
        answers = {**self.project.answers, **changes}
        asked = self._render.questionnaire.details
        hidden = {
            "postgres_driver": "postgresql" not in answers["backend"],
            "coverage_fail_under": answers["coverage"] == "none",
        }
        self.project = Project(
            self._render(
                **{k: v for k, v in answers.items() if k in asked and not hidden.get(k)}
            ).answers,
            self.root,
        )
        self.check_merged()
        assert self._own_files() == own
        assert self._edits() == kept
        theirs = {p: self.fresh.read(p) for p in self.files(self.fresh.root)}
        ours = {p: self.project.read(p) for p in self.files()}
        for path in {*theirs, *ours}:
            if path.startswith(TEMPLATES):
                assert ours.get(path) == theirs.get(path), path
        commit(self.root)

    def copier_update(self, **changes: str):
        """Run `copier update`, and return what came of it."""
        return environment.copier(self.root, "update", *data(changes))

    def files(self, root: Path | None = None) -> list[str]:
        """Return the paths of the files that are not ignored."""
        root = root or self.root
        if root != self.root:
            return [p.as_posix() for p in Project({}, root).files()]
        listed = git(root, "ls-files", "--cached", "--others", "--exclude-standard")
        return [p for p in sorted(set(listed.splitlines())) if (root / p).exists()]

    def check_merged(self) -> None:
        """Fail for what a conflict leaves behind."""
        assert git(self.root, "ls-files", "--unmerged") == ""
        for path in self.files():
            assert not path.endswith((".rej", ".orig")), path
            text = self.project.read(path)
            marked = re.search(r"^(<{7}|>{7}|={7}$)", text, re.MULTILINE)
            assert not marked, f"{path}\n{text}"

    def _own_files(self) -> dict[str, bytes]:
        return {
            path: (self.root / path).read_bytes()
            for path in self.files()
            if path not in SHARED and not path.startswith(TEMPLATES)
        }

    def _edits(self) -> dict[str, tuple[Counter[str], Counter[str]]]:
        """Return the lines that the user has added and removed in shared files."""
        found = {}
        for path in self.files():
            if path in SHARED:
                ours = Counter(self.project.read(path).splitlines())
                theirs = Counter(self.fresh.read(path).splitlines())
                found[path] = (ours - theirs, theirs - ours)
        found.pop(ANSWERS_FILE)
        return found

    def _work(self) -> None:
        """Do what users do."""
        root = self.root
        first = '"0001"' if self.project.answers["example"] else "None"
        for path, text in edits.FILES.items():
            (root / path).parent.mkdir(exist_ok=True, parents=True)
            (root / path).write_text(text.replace("{down_revision}", first))
        for path, change in edits.OWN.items():
            if (root / path).exists():
                edit(root / path, *change)
        pytest = "pytest.ini" if (root / "pytest.ini").exists() else "pyproject.toml"
        for where in (edits.SHARED, {pytest: edits.PYTEST[pytest]}):
            for path, changes in where.items():
                for change in changes if (root / path).exists() else []:
                    edit(root / path, *change)
        for old, new in edits.RENAMED.items():
            if (root / old).exists():
                (root / old).rename(root / new)
        for path in edits.DELETED:
            (root / path).unlink(missing_ok=True)
        for arguments in (["httpx"], ["--dev", "rich"]):
            self.project.run(program("uv"), "add", "--frozen", "--quiet", *arguments)
        settings = root / "pyproject.toml"
        settings.write_text(re.sub(STABLE, r'"\1>=\2.0"', settings.read_text()))
        ruff = program("ruff")
        self.project.run(ruff, "check", "--fix", "--quiet", "--no-cache")
        self.project.run(ruff, "format", "--quiet", "--no-cache")
