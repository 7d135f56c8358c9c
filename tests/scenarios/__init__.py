"""Test files that are copied into rendered projects, and run there.

They are named so that the tests of the template do not collect them.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ..matrix.projects import Project
from ..matrix.runner import Run, run_pytest

SCENARIOS = Path(__file__).parent
TABLES = (SCENARIOS / "tables.py").read_text().partition('"""\n')[2]

Make = Callable[..., Project]  # makes a project of a test's own, for answers


def add_scenario(project: Project, name: str) -> str:
    """Copy a scenario, and its data, into a project; return the path of the test."""
    for file in SCENARIOS.glob(f"{name}.*"):
        shutil.copy(file, project.root / "tests" / f"test_{file.name}")
    conftest = project.root / "tests" / "conftest.py"
    text = conftest.read_text()
    if TABLES not in text:
        conftest.write_text(text + TABLES)
    return f"tests/test_{name}.py"


def run_scenario(project: Project, name: str, *options: str, **own: str) -> Run:
    """Run a scenario in a project, with these options and variables."""
    return run_pytest(project.root, [add_scenario(project, name), *options], **own)


def assert_says(output: str, *parts: str) -> None:
    """Fail unless a person can read the output, and `parts` in it, in this order."""
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    # Without line breaks, which are where the terminal's width puts them.
    text = " ".join(output.split())
    for part in parts:
        _, found, text = text.partition(part)
        assert found, f"{part!r} is not in:\n{output}"


def sections(output: str) -> Iterator[tuple[str, str]]:
    """Yield what pytest says of tests that failed: names, and all it says of each."""
    header = r"^_{3,} (?:ERROR at (?:setup|teardown) of )?(test_\w+) _{3,}$"
    failures = output.partition("short test summary")[0]
    [_, *found] = re.split(header, failures, flags=re.MULTILINE)
    yield from zip(found[::2], found[1::2], strict=True)
