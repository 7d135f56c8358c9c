"""Options and fixtures for the tests of the template."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .matrix import projects
from .matrix.combinations import Combinations, shard
from .matrix.environment import COPIER_SETTINGS
from .matrix.postgresql import postgresql_server
from .matrix.progress import Progress
from .matrix.projects import Renderer
from .matrix.questionnaire import Answers, Questionnaire
from .matrix.remembering import Remembering
from .matrix.results import KnownResults
from .matrix.runner import Runner

SHARED = pytest.StashKey[Path]()
KNOWN = pytest.StashKey[KnownResults]()
FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that decide how much is run."""
    group = parser.getgroup("matrix")
    group.addoption(
        "--every-suite",
        action="store_true",
        help="run the suite of every combination, not only of all pairs",
    )
    group.addoption(
        "--shard",
        metavar="K/N",
        type=_shard,
        default=(1, 1),
        help="run the K-th of N parts, each of which another machine may run",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take a snapshot of the template, which all workers share, and show progress."""
    # Whoever runs these tests has settings that must not answer questions.
    os.environ["COPIER_SETTINGS_PATH"] = str(COPIER_SETTINGS)
    config.addinivalue_line(
        "markers", "remembered: not run again while nothing that it needs has changed"
    )
    if hasattr(config, "workerinput"):
        config.stash[SHARED] = Path(config.workerinput["shared"])
        _remember(config)
        return
    config.stash[SHARED] = Path(tempfile.mkdtemp(prefix="copier-sqlmodel-"))
    projects.snapshot(config.stash[SHARED] / "template")
    _remember(config)
    workers = config.getoption("numprocesses", None) or 1
    config.pluginmanager.register(Progress(workers))


def _remember(config: pytest.Config) -> None:
    assert config.cache is not None
    config.stash[KNOWN] = KnownResults(config.cache.mkdir("matrix"))
    plugin = Remembering(config.stash[SHARED] / "template", config.stash[KNOWN])
    config.pluginmanager.register(plugin)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker which folder is shared."""
    node.workerinput["shared"] = str(node.config.stash[SHARED])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note whether anything failed: then the rendered projects are kept."""
    session.config.stash[FAILED] = exitstatus not in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what was rendered, unless something failed."""
    if not hasattr(config, "workerinput") and not config.stash.get(FAILED, False):
        shutil.rmtree(config.stash[SHARED], ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that take `combination` or `suite` all the answers there are."""
    if not {"combination", "suite"} & set(metafunc.fixturenames):
        return
    combinations = Combinations(
        Questionnaire(metafunc.config.stash[SHARED] / "template")
    )
    every, pairs = combinations.every(), combinations.pairs()
    named = [("-".join(map(str, _code(combinations, row))), row) for row in every]
    named_pairs = [
        (f"pairs-{number}-" + "-".join(map(str, _code(combinations, row))), row)
        for number, row in enumerate(pairs)
    ]
    if "combination" in metafunc.fixturenames:
        chosen = named + named_pairs
        metafunc.parametrize(
            "combination", [r for _, r in chosen], ids=[i for i, _ in chosen]
        )
    else:
        chosen = named_pairs
        if metafunc.config.getoption("every_suite"):
            chosen = named_pairs + named
        metafunc.parametrize(
            "suite", [r for _, r in chosen], ids=[i for i, _ in chosen]
        )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what other shards run."""
    kept = shard(items, *config.getoption("shard"))
    if len(kept) < len(items):
        chosen = set(kept)
        config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = kept


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """A folder that all workers of this run share."""
    return pytestconfig.stash[SHARED]


@pytest.fixture(scope="session")
def template(shared: Path) -> Path:
    """A plain copy of the working tree, without git, that all tests render from."""
    return shared / "template"


@pytest.fixture(scope="session")
def render(template: Path, shared: Path) -> Renderer:
    """Renders a project once per answers: `render(backend="postgresql")`."""
    return Renderer(template, shared / "rendered")


@pytest.fixture(scope="session")
def questionnaire(render: Renderer) -> Questionnaire:
    """The template's questions."""
    return render.questionnaire


@pytest.fixture(scope="session")
def combinations(questionnaire: Questionnaire) -> Combinations:
    """The combinations of answers."""
    return Combinations(questionnaire)


@pytest.fixture(scope="session")
def known(pytestconfig: pytest.Config) -> KnownResults:
    """What is known to pass, here or from earlier runs."""
    return pytestconfig.stash[KNOWN]


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Runs pytest quickly."""
    runner = Runner(tmp_path_factory.mktemp("runner"))
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def server() -> Iterator[int]:
    """The port, on 127.0.0.1, of a PostgreSQL server that trusts everybody."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that this worker alone uses."""
    return tmp_path_factory.mktemp("own")


def _code(combinations: Combinations, row: Answers) -> list[str]:
    names = {True: "yes", False: "no"}
    return [
        names[value] if isinstance(value, bool) else str(value)
        for name, value in row.items()
        if name in combinations.shaping_code
    ]


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        msg = f"{text!r} is not a shard: write 2/8 for the second of eight"
        raise ValueError(msg)
    return int(match[1]), int(match[2])
