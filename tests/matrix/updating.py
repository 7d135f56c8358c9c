"""A user's project in a git repository, and what an update of it has to keep."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import yaml

from . import edits, environment
from .environment import program
from .projects import Project, Renderer
from .questionnaire import ANSWERS_FILE, Value, data
from .repositories import MINE, commit, git
from .repositories import repository_of as repository_of
from .runner import run_pytest

Completed = subprocess.CompletedProcess[str]

# Answers that are stored even where they are not asked for.
REMEMBERED = ("coverage_fail_under", "postgres_driver")
SHARED = {*edits.SHARED, *edits.PYTEST, ANSWERS_FILE}
# Whose floors the template does not change with an answer.
FLOORS = re.compile(
    r'"(sqlmodel|sqlalchemy\S*|pydantic-settings|alembic|ruff|mypy|pytest|'
    r'pytest-asyncio|pytest-xdist)>=([\d.]+)"'
)
CONFLICT = re.compile(r"<{7} .*?={7}\n(.*?)>{7} [^\n]*\n", re.DOTALL)


def is_templates(path: str) -> bool:
    """Return whether a file is the template's."""
    starts = ("tests/harness/", "migrations/support/")
    ends = ("/database_url.py", "migrations/__init__.py")
    return path.startswith(starts) or path.endswith(ends)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that a file has once; nothing is replaced at its end."""
    text = path.read_text()
    if old:
        assert text.count(old) == 1, f"{path.name} has not one {old!r}"
    path.write_text(text.replace(old, new) if old else text + new)


def paths_of(root: Path) -> list[str]:
    """Return the paths of a repository's files, without those that git ignores."""
    listed = git(root, "ls-files", "--cached", "--others", "--exclude-standard")
    return [path for path in sorted({*listed.splitlines()}) if (root / path).exists()]


def check_merged(root: Path) -> None:
    """Fail for what a conflict leaves behind in a repository."""
    assert git(root, "ls-files", "--unmerged") == ""
    for path in paths_of(root):
        assert not path.endswith((".rej", ".orig"))
        text = (root / path).read_bytes().decode()
        assert not re.search(r"^([<>])\1{6}", text, re.MULTILINE), path


class User:
    """Somebody who has made a project from a repository, and works on it."""

    def __init__(
        self, repository: Path, render: Renderer, folder: Path, **answers: Value
    ) -> None:
        self._render = render
        options = data(answers)
        copied = environment.copier(folder.parent, "copy", *options, repository, folder)
        assert copied.returncode == 0, copied.stderr
        self.project = Project(render(**answers).answers, folder)
        self._made = self.project.copy(folder.with_name(f"{folder.name}_as_made"))
        commit(folder)
        self._work()
        commit(folder)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    @property
    def stored(self) -> dict[str, Value]:
        """The answers in the answers file, without what nobody has answered."""
        answers = yaml.safe_load(self.project.read(ANSWERS_FILE))
        ours = [n for n in answers if not n.startswith("_") and n != "pins"]
        return {name: answers[name] for name in ours}

    def copier(self, command: str, *arguments: str, **changes: Value) -> Completed:
        """Run copier in the project, and return what came of it."""
        return environment.copier(self.root, command, *arguments, *data(changes))

    def update(self, **changes: Value) -> None:
        """Change answers; fail unless the work is kept, and all else as if new."""
        self._update(self._fresh(), **changes)

    def update_first(self, *by_hand: str) -> None:
        """Do the same, without changes, from a version that is not rendered here.

        In the files `by_hand` the template's side is taken wherever it differs.
        """
        self._update(self._made, *by_hand)

    def _update(self, before: Project, *by_hand: str, **changes: Value) -> None:
        stored, edits, own = self.stored, self.edits(before), self.own_files()
        run = self.copier("update", **changes)
        assert run.returncode == 0, run.stderr
        for path in by_hand:
            text = CONFLICT.sub(r"\1", self.project.read(path))
            (self.root / path).write_text(text)
            git(self.root, "add", path)
        check_merged(self.root)
        assert self.stored == self.stored | stored | changes
        self.project = Project(self._fresh().answers, self.root)
        assert self.own_files() == own
        now = self.edits()
        for path in by_hand:
            assert MINE.strip() in self.project.read(path)
            del edits[path], now[path]
        assert now == edits
        self.check_templates_files()
        commit(self.root)

    def check_is_refused(self, advice: str, **changes: Value) -> None:
        """Fail unless an update is refused with this advice, and writes nothing."""
        run = self.copier("update", **changes)
        assert run.returncode != 0
        assert advice in " ".join(run.stderr.split())
        assert git(self.root, "status", "--porcelain") == ""

    def format(self) -> None:
        """Let Ruff write everything in the user's style."""
        ruff = program("ruff")
        self.project.run(ruff, "check", "--fix", "--quiet", "--no-cache")
        self.project.run(ruff, "format", "--quiet", "--no-cache")

    def check_tools_and_suite(self) -> None:
        """Fail unless the tools and the suite find nothing."""
        for arguments in (["check"], ["format", "--check"]):
            self.project.run(program("ruff"), *arguments, "--no-cache")
        where = {"PYTHONPATH": "", "MYPYPATH": "src"}
        self.project.run(program("mypy"), **where)
        done = run_pytest(self.root, ["-q"])
        if done.status:
            self.project.fail(f"exit status {done.status}", ["pytest"], done.output)

    def check_templates_files(self) -> None:
        """Fail unless the template's files are those of a new project."""
        fresh = self._fresh()
        paths = map(Path.as_posix, fresh.files())
        ours = {p: self.project.read(p) for p in self.paths() if is_templates(p)}
        theirs = {path: fresh.read(path) for path in paths if is_templates(path)}
        other = {p for p in ours | theirs if ours.get(p) != theirs.get(p)}
        assert not other, other

    def own_files(self) -> dict[str, bytes]:
        """Return what is in the files of the user's own."""
        return {
            path: (self.root / path).read_bytes()
            for path in self.paths()
            if path not in SHARED and not is_templates(path)
        }

    def edits(
        self, made: Project | None = None
    ) -> dict[str, tuple[Counter[str], Counter[str]]]:
        """Return the lines that were added to shared files, and removed from them.

        They are compared with those that the template has made: `made`, or a new one.
        """
        found, made = {}, made or self._fresh()
        for path in {*self.paths()} & SHARED - {ANSWERS_FILE}:
            ours, theirs = (
                Counter(project.read(path).splitlines())
                for project in (self.project, made)
            )
            if ours != theirs:
                found[path] = (ours - theirs, theirs - ours)
        return found

    def _fresh(self) -> Project:
        """Return a project just made with the same answers."""
        stored = self.stored
        others = {name: stored[name] for name in stored if name not in REMEMBERED}
        asked = self._render.questionnaire.complete(others)
        # A question that is newer than the project has its default.
        return self._render(**{n: stored.get(n, asked[n]) for n in asked})

    def paths(self) -> list[str]:
        """Return the paths of the project's files, without those that git ignores."""
        return paths_of(self.root)

    def _work(self) -> None:
        """Do what users do."""
        root = self.root
        shutil.copytree(edits.WORK, root, dirs_exist_ok=True)
        if not self.project.answers["example"]:
            edit(root / "migrations/versions/0002_invoices.py", '"0001"', "None")
        for path in self.own_files():
            if path not in edits.OWN and self.project.read(path):
                edit(root / path, "", MINE)
        pytest = "pytest.ini" if (root / "pytest.ini").exists() else "pyproject.toml"
        for where in (edits.OWN, edits.SHARED, {pytest: edits.PYTEST[pytest]}):
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
        settings.write_text(FLOORS.sub(r'"\1>=\2.0"', settings.read_text()))
        self.format()
