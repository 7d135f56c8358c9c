"""How many tests a rendered suite must run, as its source says.

Counted without importing or running anything, so that a suite which collects too
little, or nothing, cannot pass for a good one. Understood are test functions,
`pytest.mark.parametrize` with a literal list, and fixtures that lead to the harness's
`database`; anything else that multiplies tests is an error.
"""

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .projects import Project

Function = ast.FunctionDef | ast.AsyncFunctionDef


def expected_tests(project: Project, databases: int = 1) -> Counter[str]:
    """Return how often each test must pass or be skipped, by `file::name`.

    With several `databases`, tests that use one run once on each of them.
    """
    modules = {
        path: ast.parse(project.read(path)) for path in project.files("tests/**/*.py")
    }
    shared: dict[str, set[str]] = {}
    for path, module in modules.items():
        if not path.name.startswith("test_"):
            shared |= _fixtures(module)
    expected: Counter[str] = Counter()
    for path, module in modules.items():
        if path.name.startswith("test_"):
            for name, tests in _tests(path, module, shared, databases).items():
                expected[name] += tests
    return expected


def skipped_tests(project: Project) -> set[str]:
    """Return the tests, by `file::name`, that are for one kind of database only."""
    skipped = set()
    for path in project.files("test_*.py"):
        for function in _functions(ast.parse(project.read(path))):
            if any("postgresql" in ast.unparse(d) for d in function.decorator_list):
                skipped.add(f"{path.as_posix()}::{function.name}")
    return skipped


def _tests(
    path: Path, module: ast.Module, shared: dict[str, set[str]], databases: int
) -> Counter[str]:
    fixtures = shared | _fixtures(module)
    aliases = _aliases(module)
    always = {name for name, used in fixtures.items() if "autouse" in used}
    tests: Counter[str] = Counter()
    for function in _functions(module):
        if not function.name.startswith("test_"):
            continue
        count = 1
        used = _arguments(function) | always
        for decorator in function.decorator_list:
            decorator = aliases.get(ast.unparse(decorator), decorator)
            used |= _marked_fixtures(decorator)
            count *= _parameters(decorator, path)
        if "database" in _closure(used, fixtures):
            count *= databases
        tests[f"{path.as_posix()}::{function.name}"] = count
    return tests


def _functions(module: ast.Module) -> Iterable[Function]:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            msg = f"cannot count the tests of class {node.name}"
            raise NotImplementedError(msg)
        if isinstance(node, Function):
            yield node


def _fixtures(module: ast.Module) -> dict[str, set[str]]:
    """Return what each fixture of a module uses, and `autouse` for those that are."""
    found = {}
    for function in _functions(module):
        for decorator in function.decorator_list:
            text = ast.unparse(decorator)
            if text.startswith("pytest.fixture"):
                if "params=" in text:
                    msg = f"cannot count the tests that use fixture {function.name}"
                    raise NotImplementedError(msg)
                automatic = {"autouse"} if "autouse=True" in text else set()
                found[function.name] = _arguments(function) | automatic
    return found


def _aliases(module: ast.Module) -> dict[str, ast.expr]:
    return {
        ast.unparse(node.targets[0]): node.value
        for node in module.body
        if isinstance(node, ast.Assign)
    }


def _arguments(function: Function) -> set[str]:
    arguments = function.args
    return {a.arg for a in [*arguments.args, *arguments.kwonlyargs]}


def _marked_fixtures(decorator: ast.expr) -> set[str]:
    if not ast.unparse(decorator).startswith("pytest.mark.usefixtures("):
        return set()
    assert isinstance(decorator, ast.Call)
    return {str(ast.literal_eval(argument)) for argument in decorator.args}


def _parameters(decorator: ast.expr, path: Path) -> int:
    if not ast.unparse(decorator).startswith("pytest.mark.parametrize("):
        return 1
    assert isinstance(decorator, ast.Call)
    values = decorator.args[1]
    if not isinstance(values, ast.List | ast.Tuple):
        msg = f"{path}: cannot count the parameters {ast.unparse(values)}"
        raise NotImplementedError(msg)
    return len(values.elts)


def _closure(names: set[str], fixtures: dict[str, set[str]]) -> set[str]:
    known: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        known.add(name)
        left |= fixtures.get(name, set()) - known
    return known
