"""What renders, checks and runs the projects: what it covers, refuses and reports."""

import itertools
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from .matrix import environment
from .matrix.checks import problems_of
from .matrix.combinations import Combinations
from .matrix.environment import FILES
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Questionnaire, UnreachableAnswerError, Value
from .matrix.repositories import add
from .matrix.selection import plain, shard
from .matrix.sources import check_sources, check_types, closure, dependencies
from .matrix.suites import problem_of_outcomes, run_suite

TEST = "tests/test_models.py"
SERVICE = "src/task_tracker/services/task.py"


def test_combinations_of_any_question_are_those_that_prompts_reach(
    tmp_path: Path,
) -> None:
    shutil.copy(FILES / "questions.yml", tmp_path / "copier.yml")
    small = Questionnaire(tmp_path)

    assert small.combinations(small.closed) == [
        {"kind": "plain", "colour": "red"},
        {"kind": "fancy", "colour": "red", "size": 1},
        {"kind": "fancy", "colour": "green", "size": 1},
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("databse", "postgresql"), ("uses_sqlite", True), ("postgres_driver", "psycopg")],
)
def test_answer_that_no_prompt_asks_for_is_refused(
    render: Renderer, name: str, value: Value
) -> None:
    with pytest.raises(UnreachableAnswerError, match=name):
        render(**{"backend": "sqlite-memory", name: value})


def test_few_reachable_rows_cover_every_reachable_pair_of_answers(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    rows = combinations.pairs
    covered = {pair for row in rows for pair in itertools.combinations(row.items(), 2)}
    texts = {name: combinations.values(name) for name in combinations.shaping_text}
    for row in combinations.every:
        for one, other in itertools.combinations(row, 2):
            for first in texts.get(one, [row[one]]):
                for second in texts.get(other, [row[other]]):
                    assert ((one, first), (other, second)) in covered
    assert len(rows) < 60
    assert rows == [questionnaire.complete(row) for row in rows]


@pytest.mark.parametrize("total", [1, 2, 7, 400])
def test_shards_are_disjoint_and_complete(total: int) -> None:
    shards = [shard(range(288), number, total) for number in range(1, total + 1)]

    assert sorted(itertools.chain(*shards)) == list(range(288))
    sizes = [len(part) for part in shards]
    assert max(sizes) - min(sizes) <= 1


def test_plain_command_leaves_out_what_is_long_and_what_one_of_many_shows(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = tmp_path / "test_parametrized.py"
    shutil.copy(FILES / "parametrized.py", path)
    module = pytest.Module.from_parent(request.session, path=path)
    items = [*request.session.genitems(module)]

    assert [item.name for item in plain(items)] == [
        "test_in_turns[first-killed]",
        "test_in_turns[first-slow]",
        "test_in_turns[second-full]",
        "test_first[full-1]",
        "test_first[slow-2]",
        "test_short",
    ]


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b"])
def test_shard_that_does_not_exist_is_refused(text: str) -> None:
    command = [environment.program("pytest"), "--collect-only", "--shard", text]
    run = environment.run(environment.REPOSITORY, *command, "tests")

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "write 2/8 for the second of eight" in run.stderr


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("def test_more():\n    assert False\n", "exit status is 1"),
        ("import pytest\n@pytest.mark.skip\ndef test_more(): ...\n", "was skipped"),
        ("def test_more(): ...\ndel test_more\n", "not run: "),
        ("def test_more(): ...\ntest_more.__test__ = False\n", "not run: "),
    ],
    ids=["failed", "skipped", "deleted", "not collected"],
)
def test_suite_that_does_not_run_everything_fails_the_matrix(
    render: Renderer, tmp_path: Path, addition: str, problem: str
) -> None:
    project = render(example=False, coverage="none").copy(tmp_path / "changed")
    (project.root / "tests" / "test_more.py").write_text(addition)

    with pytest.raises(pytest.fail.Exception, match=problem) as failure:
        run_suite(project, tmp_path / "suite", None)
    text = str(failure.value)
    assert (
        "copier copy --defaults -d scope=repository -d 'project_name=Task Tracker'"
        in text
    )
    assert f"kept in: {tmp_path / 'suite'}" in text
    assert "command: env PYTHONPATH=src pytest -q" in text
    assert " passed" in text  # what the suite printed
    assert (tmp_path / "suite").exists()


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "problem"),
    [
        ("passed", "passed", "None"),
        ("skipped", "passed", "was skipped, passed"),
        ("passed", "failed", "was passed, failed"),
        ("passed", "", "ran on ['sqlite'] only"),
    ],
)
def test_test_has_to_run_on_each_database(
    tmp_path: Path, sqlite: str, postgresql: str, problem: str
) -> None:
    project = Project({}, tmp_path)
    for name in ("harness/sqlite.py", "harness/postgresql.py", "test_one.py"):
        add(tmp_path / "tests" / name)
    (tmp_path / "tests" / "test_one.py").write_text("def test_one(): ...\n")
    outcomes = {"sqlite": sqlite, "postgresql": postgresql}
    found = problem_of_outcomes(
        project,
        {f"tests/test_one.py::test_one[{k}]": o for k, o in outcomes.items() if o},
    )

    assert problem in str(found)


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        ((TEST, "import pytest\n", ""), "Undefined name `pytest`"),
        ((TEST, " == ", "  == "), "would be reformatted"),
        ((TEST, " == ", " == 1 + "), f"{TEST}.*Unsupported operand"),
        # The tests of the service stay as they are.
        ((SERVICE, "list_paginated", "listed"), "test_task_queries.*list_paginated"),
        (("pyproject.toml", '"D103"', '"D102"'), "Missing docstring"),
    ],
    ids=["lint", "format", "types", "types elsewhere", "setting"],
)
def test_problem_is_found_though_all_other_files_were_checked_before(
    render: Renderer, tmp_path: Path, own: Path, planted: Sequence[str], problem: str
) -> None:
    name, old, new = planted
    project = render()
    check_sources([project], own / "mypy")
    copy = project.copy(tmp_path / "changed")
    text = copy.read(name)
    assert old in text
    (copy.root / name).write_text(text.replace(old, new))

    with pytest.raises(pytest.fail.Exception, match=problem):
        check_sources([copy], own / "mypy")


def test_no_tool_is_started_for_what_was_checked_before(
    render: Renderer, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_sources([render()], own / "mypy")
    monkeypatch.delattr(environment, "run")

    check_sources([render(coverage="none")], own / "mypy")
    with pytest.raises(AttributeError, match="run"):
        check_sources([render(python_version="3.14")], own / "mypy")


def test_crash_of_mypy_on_what_it_has_kept_is_no_finding(
    render: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes = [subprocess.CompletedProcess("mypy", 2, "", "error: INTERNAL ERROR")]
    run = environment.run

    def crash_once(
        folder: Path, program: str, *arguments: str | Path, **own: str | Path
    ) -> subprocess.CompletedProcess[str]:
        mine = crashes if program.endswith("mypy") else []
        return mine.pop() if mine else run(folder, program, *arguments, **own)

    monkeypatch.setattr(environment, "run", crash_once)
    project = render().copy(tmp_path / "changed")
    (project.root / "src/task_tracker/more.py").write_text("more: int = ''\n")

    with pytest.raises(pytest.fail.Exception, match="Incompatible types"):
        check_types(project, ["src/task_tracker/more.py"], tmp_path / "mypy")
    assert not crashes


def test_program_that_is_forked_is_as_one_that_was_started(tmp_path: Path) -> None:
    shutil.copy(FILES / "shown.py", tmp_path / "test_shown.py")
    command = [environment.program("pytest"), "-sq", "-p", "no:cacheprovider"]
    path = environment.variables()["PATH"]

    forked = environment.run(tmp_path, *command)
    started = environment.run(tmp_path, *command, PATH=path)

    assert [forked.returncode, forked.stderr] == [started.returncode, started.stderr]
    assert "to the other file" in forked.stderr
    [shown, expected] = [run.stdout.split(" in ")[0] for run in (forked, started)]
    assert shown == expected


@pytest.mark.parametrize(
    "text",
    [
        "import package.other",
        "from package import other",
        "from package.other import *",
        "from . import other",
        "from ..package.other import name",
        "def function():\n    from .other import name",
        "if TYPE_CHECKING:\n    import package.other as another",
    ],
)
def test_file_depends_on_what_it_imports_in_any_way(text: str) -> None:
    names = ("file", "other", "further", "__init__")
    file, other, further, package = (Path(f"src/package/{n}.py") for n in names)
    texts = {file: text, other: "from .further import name", further: "", package: ""}

    assert closure(file, dependencies(texts)) == sorted(texts)


@pytest.mark.parametrize(
    ("problem", "texts"),
    [
        ("[]", ["a = f'{b}'\n\nc = {}  # 100 %\n"]),
        ("blank lines", ["a = 1\n\n\nb = 2\n", "\na = 1\n"]),
        ("line break", ["a = 1", "a = 1\n\n"]),
        ("white space", ["a = 1 \n"]),
        ("Jinja", ["a = {{ b }}\n", "{% if a %}\n"]),
        ("no text", ["\n"]),
        ("tabs", ["a\tb\n"]),
    ],
)
def test_debris_of_a_careless_template_is_found(problem: str, texts: list[str]) -> None:
    for text in texts:
        assert problem in str(problems_of(text, Path("pytest.ini")))
