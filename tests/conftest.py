"""Options and fixtures for the tests of the template."""

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .matrix import projects, selection
from .matrix.combinations import Combinations
from .matrix.derived import Deriver
from .matrix.environment import COPIER_SETTINGS
from .matrix.postgresql import postgresql_server
from .matrix.projects import Renderer
from .matrix.questionnaire import Questionnaire
from .scenarios import Make

collect_ignore = ["files"]  # whole files that are put into projects
SHARED = "COPIER_SQLMODEL_SHARED"  # the variable that tells workers the folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that decide how much is run."""
    group = parser.getgroup("matrix")
    group.addoption(
        "--every",
        action="store_true",
        help="run everything: also every suite, installations, and the benchmarks",
    )
    group.addoption(
        "--programs",
        metavar="N",
        help="compare N random programs a driver under rollback and with real commits, "
        "not 200, or 600 with --every",
    )
    group.addoption(
        "--programs-seed",
        metavar="N",
        default=1,
        help="make other programs",
    )
    group.addoption(
        "--shard",
        metavar="K/N",
        type=selection.shard_of,
        default=(1, 1),
        help="run the K-th of N parts, each of which another machine may run",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Take a snapshot of the template, which all workers share."""
    # Whoever runs these tests has settings that must not answer questions.
    os.environ["COPIER_SETTINGS_PATH"] = str(COPIER_SETTINGS)
    if not hasattr(session.config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="copier-sqlmodel-")
        projects.snapshot(Path(os.environ[SHARED], "template"))


@pytest.hookimpl(trylast=True)  # the workers have ended then
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remove what was rendered, unless something failed."""
    fine = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if not hasattr(session.config, "workerinput") and exitstatus in fine:
        shutil.rmtree(os.environ[SHARED], ignore_errors=True)


@functools.cache  # it takes a second
def combinations_of(template: Path) -> Combinations:
    """Return the combinations of answers to the questions of a template."""
    return Combinations(Questionnaire(template))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that take `group`, `whole` or `suite` all the answers there are."""
    wanted = {"group", "whole", "suite"} & set(metafunc.fixturenames)
    if not wanted:
        return
    [name] = wanted
    is_every = metafunc.config.getoption("every")
    combinations = combinations_of(Path(os.environ[SHARED], "template"))
    values: dict[str, Any] = {"pairs": combinations.pairs}
    if name == "suite":
        pairs = enumerate(combinations.pairs)
        values = {f"pairs-{n}-{combinations.name(row)}": row for n, row in pairs}
    if name == "group" or (name == "whole" and is_every):
        values |= combinations.groups
    elif is_every:
        values |= {combinations.name(row): row for row in combinations.every}
    metafunc.parametrize(name, [*values.values()], ids=[*values])


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what takes `--every`, and what other shards run."""
    kept = items if config.getoption("every") else selection.plain(items)
    kept = selection.shard(kept, *config.getoption("shard"))
    config.hook.pytest_deselected(items=list(set(items).difference(kept)))
    items[:] = kept


@pytest.fixture(scope="session")
def shared() -> Path:
    """A folder that all workers of this run share."""
    return Path(os.environ[SHARED])


@pytest.fixture(scope="session")
def template(shared: Path) -> Path:
    """A plain copy of the working tree, without git, that all tests render from."""
    return shared / "template"


@pytest.fixture(scope="session")
def render(template: Path, shared: Path) -> Renderer:
    """Renders a project once per answers: `render(backend="postgresql")`."""
    return Renderer(template, shared / "rendered")


@pytest.fixture
def make(render: Renderer, tmp_path: Path) -> Make:
    """Makes a copy of a project that is the test's own: `make(api="fastapi")`."""
    return lambda **answers: render(**answers).copy(tmp_path / "project")


@pytest.fixture(scope="session")
def questionnaire(render: Renderer) -> Questionnaire:
    """The template's questions."""
    return render.questionnaire


@pytest.fixture(scope="session")
def combinations(template: Path) -> Combinations:
    """The combinations of answers."""
    return combinations_of(template)


@pytest.fixture(scope="session")
def derive(combinations: Combinations) -> Deriver:
    """Makes any project without a folder: `derive(answers, folder)`."""
    return Deriver(combinations.questionnaire)


@pytest.fixture(scope="session")
def server() -> Iterator[int]:
    """The port, on 127.0.0.1, of a PostgreSQL server that trusts everybody."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that this worker alone uses."""
    return tmp_path_factory.mktemp("own")
