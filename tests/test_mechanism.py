"""The matrix's own mechanism: what it covers, remembers, counts and reports."""

import itertools
import shutil
from pathlib import Path

import pytest

from .matrix import checks, environment
from .matrix.combinations import TEXT_ONLY, Combinations, shard
from .matrix.expectations import expected_tests
from .matrix.progress import Progress
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import PhantomAnswerError, Questionnaire
from .matrix.remembering import SOURCES, tree_hash
from .matrix.results import KnownResults, key
from .matrix.runner import Runner
from .matrix.suites import run_suite, wrong_counts

QUESTIONS = """
kind:
  type: str
  default: plain
  choices: [plain, fancy]
colour:
  type: str
  default: red
  choices:
    Red: red
    Green:
      value: green
      validator: "{% if kind == 'plain' %}Plain is never green.{% endif %}"
  when: "{{ kind != 'none' }}"
size:
  type: int
  default: 1
  validator: "{% if size > 9 %}At most 9.{% endif %}"
  when: "{{ kind == 'fancy' }}"
loud:
  type: bool
  default: false
secret:
  type: str
  default: "{{ kind }}"
  when: false
"""


@pytest.fixture
def small(tmp_path: Path) -> Questionnaire:
    """A small template's questions."""
    (tmp_path / "copier.yml").write_text(QUESTIONS)
    return Questionnaire(tmp_path)


# ---- Combinations ------------------------------------------------------------------


def test_combinations_are_those_that_prompts_can_reach(small: Questionnaire) -> None:
    assert small.combinations(["kind", "colour"]) == [
        {"kind": "plain", "colour": "red", "loud": False},
        {"kind": "fancy", "colour": "red", "size": 1, "loud": False},
        {"kind": "fancy", "colour": "green", "size": 1, "loud": False},
    ]


def test_new_question_is_covered_from_the_moment_it_is_written(tmp_path: Path) -> None:
    more = "mood:\n  type: str\n  choices: [good, bad]\n  when: '{{ loud }}'\n"
    (tmp_path / "copier.yml").write_text(QUESTIONS + more)
    questionnaire = Questionnaire(tmp_path)

    assert questionnaire.closed == ["kind", "colour", "loud", "mood"]
    assert len(questionnaire.combinations(questionnaire.closed)) == 9


def test_choice_that_a_validator_forbids_is_unreachable(small: Questionnaire) -> None:
    with pytest.raises(ValueError, match="never green"):
        small.complete({"kind": "plain", "colour": "green"})


@pytest.mark.parametrize("name", ["size", "secret", "sise"])
def test_answer_that_no_prompt_asks_for_is_a_phantom(
    small: Questionnaire, name: str
) -> None:
    with pytest.raises(PhantomAnswerError, match=name):
        small.complete({"kind": "plain", name: 1})


def test_answer_that_a_validator_refuses_is_refused(small: Questionnaire) -> None:
    with pytest.raises(ValueError, match="At most 9"):
        small.complete({"kind": "fancy", "size": 10})


def test_few_rows_cover_every_reachable_pair_of_answers(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    rows = combinations.pairs()
    covered = {
        (one, row[one], other, row[other])
        for row in rows
        for one, other in itertools.permutations(row, 2)
    }
    every = combinations.every()
    values = {name: combinations.values(name) for name in combinations.shaping_text}
    for one, other in itertools.combinations(questionnaire.asked, 2):
        for row in every:
            if one in row and other in row:
                for first in values.get(one, [row[one]]):
                    for second in values.get(other, [row[other]]):
                        assert (one, first, other, second) in covered
    assert len(rows) < 60


def test_rows_of_pairs_are_reachable(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    for row in combinations.pairs():
        assert questionnaire.complete(row) == row


def test_questions_shape_either_code_or_text(combinations: Combinations) -> None:
    assert not set(combinations.shaping_code) & set(combinations.shaping_text)
    assert set(TEXT_ONLY) < set(combinations.shaping_text)
    assert "isolation" in combinations.shaping_code


@pytest.mark.parametrize("total", [1, 2, 7, 400])
def test_shards_are_disjoint_and_complete(
    combinations: Combinations, total: int
) -> None:
    every = combinations.every()
    shards = [shard(every, number, total) for number in range(1, total + 1)]

    union = [id(row) for part in shards for row in part]
    assert sorted(union) == sorted(map(id, every))
    sizes = [len(part) for part in shards]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b"])
def test_shard_that_does_not_exist_is_refused(text: str, tmp_path: Path) -> None:
    pytest_ = environment.program("pytest")
    run = environment.run(
        environment.REPOSITORY, pytest_, "--collect-only", "--shard", text, tmp_path
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--shard" in run.stderr


# ---- What is known to pass ---------------------------------------------------------


def test_key_misses_when_anything_is_touched(render: Renderer, tmp_path: Path) -> None:
    project = render().copy(tmp_path / "project")
    runner = tmp_path / "runner"
    shutil.copytree(
        Path(checks.__file__).parent, runner, ignore=lambda *_: ["__pycache__"]
    )
    other_runner = tmp_path / "other"
    shutil.copytree(runner, other_runner)
    (other_runner / "suites.py").write_text("# touched")
    lock = tmp_path / "lock"
    lock.write_text(environment.LOCK.read_text() + "\n")
    tree = project.hash("*")
    (project.root / "tests" / "conftest.py").write_text("# touched\n")

    keys = [
        key(tree),
        key(project.hash("*")),
        key(tree, "--cov"),
        key(tree, lock=lock),
        key(tree, interpreter=["3.99"]),
        key(tree, interpreter=["3.11", "pytest==1"]),
        key(tree, runner=other_runner),
    ]
    assert len(set(keys)) == len(keys)
    assert key(tree, runner=runner) == key(tree)


@pytest.mark.parametrize("change", ["rename", "add", "empty"])
def test_hash_of_a_tree_covers_names_and_contents(
    render: Renderer, tmp_path: Path, change: str
) -> None:
    project = render().copy(tmp_path / "project")
    before = project.hash("*")
    path = project.root / "tests" / "test_database.py"
    if change == "rename":
        path.rename(path.with_name("test_engine.py"))
    elif change == "add":
        path.with_name("test_more.py").touch()
    else:
        path.write_text("")

    assert project.hash("*") != before


def test_only_what_passed_is_remembered(tmp_path: Path) -> None:
    known = KnownResults(tmp_path)

    def fail() -> None:
        msg = "it fails"
        raise RuntimeError(msg)

    for _ in range(2):
        with pytest.raises(RuntimeError):
            known.passed("check", fail)
    assert known.passed("check", lambda: None)
    assert not known.passed("check", fail)


@pytest.mark.parametrize("part", SOURCES)
def test_remembered_test_is_forgotten_when_a_source_is_touched(
    template: Path, tmp_path: Path, part: str
) -> None:
    copy = tmp_path / "template"
    shutil.copytree(template, copy)
    before = tree_hash(copy)
    assert before == tree_hash(template)

    touched = copy / part
    touched = touched if touched.is_file() else touched / "new"
    touched.write_text("# touched")

    assert tree_hash(copy) != before


# ---- Suites ------------------------------------------------------------------------


@pytest.fixture
def project(render: Renderer, tmp_path: Path) -> Project:
    """A small project that may be changed."""
    return render(example=False, coverage="none").copy(tmp_path / "changed")


def test_number_of_tests_is_read_from_the_source(project: Project) -> None:
    (project.root / "tests" / "test_counted.py").write_text(
        "import pytest\n"
        "each = pytest.mark.parametrize('a', [1, 2, 3])\n"
        "@pytest.fixture\n"
        "def indirect(session): ...\n"
        "def test_one(): ...\n"
        "@each\n"
        "@pytest.mark.parametrize('b', [1, 2])\n"
        "async def test_six(a, b): ...\n"
        "async def test_on_each_database(indirect): ...\n"
        "@pytest.mark.usefixtures('engine')\n"
        "async def test_marked(): ...\n"
    )
    counted = expected_tests(project, databases=2)

    own = {n.partition("::")[2]: c for n, c in counted.items() if "test_counted" in n}
    assert own == {
        "test_one": 1,
        "test_six": 6,
        "test_on_each_database": 2,
        "test_marked": 2,
    }


def test_number_that_cannot_be_read_is_an_error(project: Project) -> None:
    (project.root / "tests" / "test_counted.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('a', range(3))\n"
        "def test_three(a): ...\n"
    )
    with pytest.raises(NotImplementedError, match=r"range\(3\)"):
        expected_tests(project)


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("def test_more():\n    assert False\n", "exit status is 1"),
        (
            "import pytest\n@pytest.mark.skip\ndef test_more(): ...\n",
            "test_more was skipped",
        ),
        (
            "import pytest\n@pytest.mark.parametrize('a', [1, 1])\n"
            "def test_more(a): ...\ndel test_more\n",
            "tests ran where",
        ),
        ("def test_more(): ...\ntest_more.__test__ = False\n", "tests ran where"),
    ],
    ids=["failed", "skipped", "deleted", "not collected"],
)
def test_suite_that_does_not_run_everything_fails_the_matrix(
    project: Project, runner: Runner, tmp_path: Path, addition: str, problem: str
) -> None:
    (project.root / "tests" / "test_more.py").write_text(addition)

    with pytest.raises(pytest.fail.Exception, match=problem) as failure:
        run_suite(project, runner, tmp_path / "suite", None)
    text = str(failure.value)
    assert "copier copy --defaults -d 'project_name=Task Tracker'" in text
    assert f"kept in: {tmp_path / 'suite'}" in text
    assert " passed" in text  # what the suite printed
    assert (tmp_path / "suite").exists()


def test_suite_that_collects_nothing_fails_the_matrix(project: Project) -> None:
    assert "0 tests ran" in str(wrong_counts(project, {}))


def test_process_of_the_fork_server_is_like_an_ordinary_one(
    runner: Runner, tmp_path: Path
) -> None:
    (tmp_path / "test_process.py").write_text(
        "import os, subprocess, sys\n"
        "def test_fresh():\n"
        "    assert 'tests' not in sys.modules\n"
        "    assert os.getcwd() == os.path.dirname(__file__)\n"
        "    assert os.environ['MINE'] == 'yes'\n"
        "def test_interpreter():\n"
        "    code = 'import sys; print(sys.argv[1])'\n"
        "    out = subprocess.check_output([sys.executable, '-c', code, 'a b'])\n"
        "    assert out == b'a b\\n'\n"
        "def test_pytest_of_its_own():\n"
        "    command = [sys.executable, '-m', 'pytest', '--version']\n"
        "    run = subprocess.run(command, capture_output=True, text=True)\n"
        "    assert run.returncode == 0 and 'pytest' in run.stdout + run.stderr\n"
    )
    run = runner.pytest(tmp_path, ["-q"], MINE="yes")

    assert run.status == 0, run.output
    assert list(run.outcomes.values()) == ["passed"] * 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\n\n\n\nb = 2\n", "blank lines"),
        ("\na = 1\n", "starts with"),
        ("a = 1", "line break"),
        ("a = 1\n\n", "line break"),
        ("a = 1 \n", "white space"),
        ("a = {{ b }}\n", "Jinja"),
        ("{% if a %}\n", "Jinja"),
        ("\n", "blank"),
        ("a\tb\n", "tabs"),
    ],
)
def test_debris_of_a_careless_template_is_found(text: str, problem: str) -> None:
    assert problem in str(checks.text_problem(text, Path("tests/test_a.py")))


def test_clean_text_has_no_problem() -> None:
    text = "a = f'{b}'\n\n\nc = {}  # 100 %\n"

    assert checks.text_problem(text, Path("a.py")) is None


def test_progress_estimates_what_remains() -> None:
    progress = Progress(workers=2, tests=["a.py::t[1]", "a.py::t[2]", "a.py::u"])
    report = pytest.TestReport(
        "a.py::t[1]", ("a.py", 1, "t"), {}, "passed", None, "call", duration=4.0
    )
    progress.pytest_runtest_logreport(report)

    # One test like it, and one of a kind that has not been timed: 4 s and 1 s by 2.
    assert progress.line() == "1 of 3 tests, about 2 s remain"
