"""What a user does to a project: `tests/files/work` and `tests/files/edits.toml`."""

import tomllib

from .environment import FILES

WORK = FILES / "work"  # some of them with names that the harness has, too
PACKAGE = "src/task_tracker"

Edits = dict[str, list[tuple[str, str]]]

_edits = tomllib.loads((FILES / "edits.toml").read_text())
OWN: Edits = _edits["own"]
SHARED: Edits = _edits["shared"]
PYTEST: Edits = _edits["pytest"]
RENAMED: dict[str, str] = _edits["renamed"]
DELETED: list[str] = _edits["deleted"]
