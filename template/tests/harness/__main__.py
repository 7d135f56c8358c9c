# fmt: off; isort: skip_file
"""The command that checks whether the harness fits, and runs no test."""

import ast
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, MetaData, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from . import environment
from .database import DATABASES, NOT_ASYNC

PACKAGE = __package__ or ""
PLUGIN = f"{PACKAGE}.plugin"
FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
FIXTURES = ("database", "isolate", "engine", "session_factory", "session")


class Doctor:
    """A plugin of pytest that tells what does not fit, and how to mend it."""

    @pytest.hookimpl(wrapper=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config
    ) -> Generator[None, Any, Any]:
        """Look at pytest's configuration, before the harness refuses it."""
        tell(check_configuration(early_config))
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        """Look at the application, in place of running tests."""
        tell(check_application(config))
        print(f"The harness fits. Next: pytest {PACKAGE}")
        return 0


def tell(problems: Iterator[str]) -> None:
    """Show the problems, if there are any, and end with status 1."""
    if lines := [*problems]:
        sys.exit("\n".join(lines))


def check_configuration(config: pytest.Config) -> Iterator[str]:
    """Yield what is wrong in pytest's configuration."""
    file = config.inipath.name if config.inipath else "no file"
    for name in FILES:
        other = config.rootpath / name
        is_other = name != file and other.is_file()
        if is_other and other.read_text().count("\n[tool.pytest"):
            yield f"pytest reads {file}, and nothing of {name}: move that into {file}."
    if not config.pluginmanager.has_plugin("asyncio"):
        yield "pytest-asyncio is off: install it, and remove what turns it off."
        return
    if not config.pluginmanager.has_plugin(PLUGIN):
        yield f"The harness is not loaded: add -p {PLUGIN} to `addopts` in {file}."
    if config.getini("asyncio_mode") != "auto" and not config.option.asyncio_mode:
        yield f"Fixtures of the harness need `asyncio_mode`: set it to auto in {file}."
    for kind in ("fixture", "test"):
        name = f"asyncio_default_{kind}_loop_scope"
        if (scope := config.getini(name)) != "session":
            yield f"`{name}` is {scope or 'not set'}: set it to session in {file}."
    if config.rootpath not in config.getini("pythonpath"):
        yield f"`pythonpath` lacks the root of the repository: add . to it in {file}."
    others = {"sqlalchemy", *sys.stdlib_module_names}
    early = [name for name in imported() if name in sys.modules]
    if early := [name for name in early if name.partition(".")[0] not in others]:
        yield (
            f"{', '.join(early)} is imported before the tests have a database, by a "
            "plugin in `addopts` or PYTEST_PLUGINS: import it in a conftest."
        )


def check_application(config: pytest.Config) -> Iterator[str]:
    """Yield what is wrong with the adapter, or the application behind it."""
    yield from check_fixtures(config)
    url = next(iter(config.stash[DATABASES].values())).url
    told = environment.url_in(environment.variables_of(url))
    if place(make_url(told)) != place(url):
        yield "environment.py reads another database from the variables than it wrote."
    try:
        from . import application
    except Exception as error:
        yield f"application.py cannot be imported: {type(error).__name__}: {error}"
        return
    metadata, factory = application.metadata, application.session_factory
    if not isinstance(metadata, MetaData) or not metadata.tables:
        yield (
            f"`metadata` in application.py is {metadata!r:.80}: name a MetaData, or a "
            "base class, and import all modules with models."
        )
    if not isinstance(factory, async_sessionmaker):
        yield NOT_ASYNC.format(factory)
        return
    bind = factory.kw.get("bind")
    if isinstance(bind, AsyncEngine) and place(bind.url) != place(url):
        yield (
            f"Sessions are bound to {bind.url!r}, which is not the tests' database: "
            "environment.py names other variables than the application reads."
        )
    engine = application.create_engine(url)
    if not isinstance(engine, AsyncEngine) or place(engine.url) != place(url):
        yield (
            f"`create_engine` in application.py made {engine!r:.80}: it has to make "
            "an AsyncEngine for the URL that it is given."
        )


def check_fixtures(config: pytest.Config) -> Iterator[str]:
    """Yield which fixtures hide the harness's; those that take its own do not."""
    found = {config.rootpath / "conftest.py"}
    for folder in config.args:
        found.update(config.invocation_params.dir.joinpath(folder).rglob("conftest.py"))
    for path in sorted(found):
        if "site-packages" in path.parts or not path.is_file():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            name, taken = node.name, [each.arg for each in node.args.args]
            marks = " ".join(map(ast.unparse, node.decorator_list))
            if name in FIXTURES and name not in taken and "fixture" in marks:
                yield (
                    f"`{name}` in {path.relative_to(config.rootpath)} hides the "
                    "harness's: delete or rename it, or let it take that one."
                )


def place(url: URL) -> tuple[object, ...]:
    """Return what leads to a database; others may have its name elsewhere."""
    return url.host, url.port, url.database


def imported() -> Iterator[str]:
    """Yield the names of the modules that the adapter imports."""
    tree = ast.parse(Path(__file__).with_name("application.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:], plugins=[Doctor()]))
