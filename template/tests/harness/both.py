# fmt: off; isort: skip_file
"""Two kinds of databases: which one the tests run on, or both, one after the other.

The fixture `database` takes the kind for its parameter.
"""

import pytest

from .database import DATABASES, point_application_at


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    what = "the database to run the tests on, or all, one after the other"
    kinds = ["sqlite", "postgresql", "all"]
    parser.addoption("--database", choices=kinds, default="sqlite", help=what)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the database, after `plugin.py` has made both, and before any conftest."""
    choice = early_config.known_args_namespace.database
    if choice != "all":
        database = early_config.stash[DATABASES][choice]
        early_config.stash[DATABASES] = {choice: database}
        point_application_at(database.url)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that use a database on each of those that were chosen."""
    if "database" in metafunc.fixturenames:
        kinds = [*metafunc.config.stash[DATABASES]]
        if metafunc.definition.get_closest_marker("postgresql"):
            kinds = [kind for kind in kinds if kind == "postgresql"] or kinds
        ids = kinds if len(kinds) > 1 else [pytest.HIDDEN_PARAM]
        metafunc.parametrize("database", kinds, ids=ids, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that are for the other database."""
    is_chosen = "postgresql" in item.config.stash[DATABASES]
    if item.get_closest_marker("postgresql") and not is_chosen:
        pytest.skip("runs on PostgreSQL only")
