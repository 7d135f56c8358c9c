# fmt: off; isort: skip_file
"""Fixtures of the project's own: those of each module in `tests/fixtures/`."""

from pathlib import Path
from pkgutil import iter_modules

import pytest

FOLDER = Path(__file__).parent.parent / "fixtures"


def pytest_configure(config: pytest.Config) -> None:
    """Let all tests have them, whichever folder they are in."""
    tests = (__package__ or "").rpartition(".")[0]
    for module in iter_modules([str(FOLDER)]):
        config.pluginmanager.import_plugin(f"{tests}.{FOLDER.name}.{module.name}")
