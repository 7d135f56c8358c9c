# fmt: off; isort: skip_file
"""Fixtures of the project's own: those of each module in `tests/fixtures/`."""

from pathlib import Path
from pkgutil import iter_modules

import pytest

FOLDER = Path(__file__).parent.parent / "fixtures"


def pytest_configure(config: pytest.Config) -> None:
    """Let all tests have them, whichever folder they are in."""
    tests = (__package__ or "").rpartition(".")[0]
    modules = [module.name for module in iter_modules([str(FOLDER)])]
    names = [f"{tests}.{FOLDER.name}.{name}" for name in modules]
    pytest.register_assert_rewrite(*names)  # they may import each other
    for name in names:
        config.pluginmanager.import_plugin(name)
