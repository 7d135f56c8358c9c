"""Test files that are copied into rendered projects, and run there.

They are named so that the tests of the template do not collect them.
"""

import shutil
from pathlib import Path

from ..matrix.projects import Project


def add_scenario(project: Project, name: str) -> str:
    """Copy a scenario into a project; return the path of the test file, in it."""
    path = f"tests/test_{name}.py"
    shutil.copy(Path(__file__).with_name(f"{name}.py"), project.root / path)
    return path


def assert_says(output: str, *parts: str) -> None:
    """Fail unless a person can read the output, and `parts` in it, in this order."""
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    # Without line breaks, which are where the terminal's width puts them.
    text = " ".join(output.split())
    for part in parts:
        _, found, text = text.partition(part)
        assert found, f"{part!r} is not in:\n{output}"
