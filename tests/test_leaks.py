"""What the harness says of tests that leave something behind."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .matrix.facts import STRATEGIES
from .matrix.projects import Renderer
from .matrix.runner import run_pytest
from .scenarios import add_scenario, assert_says, sections

pytestmark = pytest.mark.one_of("kind")

SCENARIO = Path(__file__).parent / "scenarios" / "leaky.py"


@dataclass
class Leaky:
    """A leaky test, and what its decorator says of it."""

    name: str
    says: list[str]
    commits: str = "both"
    on: str = "both"


def leaky_tests(isolation: str, kind: str) -> Iterator[Leaky]:
    """Yield the leaky tests that fail with this isolation on this kind of database."""
    module = ast.parse(SCENARIO.read_text())
    fixes = {"FIX": "@pytest.mark.real_commits"}
    for function in module.body:
        for call in getattr(function, "decorator_list", []):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "leaky":
                continue
            assert isinstance(function, ast.AsyncFunctionDef)
            says = [fixes.get(ast.unparse(a)) or ast.literal_eval(a) for a in call.args]
            more = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
            test = Leaky(function.name, says, **more)
            commits = "undone" if isolation == "rollback" else "real"
            if test.commits in ("both", commits) and test.on in ("both", kind):
                yield test


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("isolation", "order"), [*((i, 1) for i in STRATEGIES), ("rollback", -1)]
)
def test_leaky_test_fails_and_the_next_one_passes(
    render: Renderer,
    tmp_path: Path,
    server: int,
    isolation: str,
    kind: str,
    order: int,
) -> None:
    backend = "sqlite-memory" if kind == "sqlite" else kind
    project = render(backend=backend, isolation=isolation).copy(tmp_path / "project")
    file = add_scenario(project, "leaky")
    leaky = [*leaky_tests(isolation, kind)]
    names = [n for i, t in enumerate(leaky) for n in (t.name, f"test_clean[{i}]")]
    tests = [f"{file}::{name}" for name in names][::order]
    url = f"postgresql://postgres@127.0.0.1:{server}/leaks_{isolation}_test"
    variables = {"TEST_DATABASE_URL": url} if kind == "postgresql" else {}
    # The plugin of AnyIO, installed for some projects, runs its tests on each backend.
    options = ["--tb=short", "-p", "no:randomly", "-p", "no:anyio"]
    options += ["-o", "markers=anyio"]
    if kind == "postgresql":
        options += ["-o", "test_database_lock_timeout=200ms"]
    elif isolation == "rollback":
        options += ["-o", "test_database_query_timeout=0.2"]
    run = run_pytest(project.root, [*options, *tests], **variables)

    expected = {t: "passed" if "clean" in t else "failed" for t in tests}
    assert run.outcomes == expected, run.output
    said = dict.fromkeys([test.name for test in leaky], "")
    for name, section in sections(run.output):
        said[name] += section
    for test in leaky:
        assert_says(said[test.name], *test.says)
