"""What renders, checks and runs the projects: what it covers, refuses and reports."""

import itertools
from pathlib import Path

import pytest

from .matrix import checks, environment
from .matrix.combinations import TEXT_ONLY, Combinations, shard
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Questionnaire, UnreachableAnswerError
from .matrix.runner import run_pytest
from .matrix.suites import problem_of_outcomes, run_suite

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
def test_answer_that_no_prompt_asks_for_is_refused(
    small: Questionnaire, name: str
) -> None:
    with pytest.raises(UnreachableAnswerError, match=name):
        small.complete({"kind": "plain", name: 1})


def test_answer_that_a_validator_refuses_is_refused(small: Questionnaire) -> None:
    with pytest.raises(ValueError, match="At most 9"):
        small.complete({"kind": "fancy", "size": 10})


def test_few_rows_cover_every_reachable_pair_of_answers(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    rows = combinations.pairs
    covered = {
        (one, row[one], other, row[other])
        for row in rows
        for one, other in itertools.permutations(row, 2)
    }
    every = combinations.every
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
    for row in combinations.pairs:
        assert questionnaire.complete(row) == row


def test_questions_shape_either_code_or_text(combinations: Combinations) -> None:
    assert not set(combinations.shaping_code) & set(combinations.shaping_text)
    assert set(TEXT_ONLY) < set(combinations.shaping_text)
    assert "isolation" in combinations.shaping_code


@pytest.mark.parametrize("total", [1, 2, 7, 400])
def test_shards_are_disjoint_and_complete(
    combinations: Combinations, total: int
) -> None:
    every = combinations.every
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


# ---- Suites ------------------------------------------------------------------------


@pytest.fixture
def project(render: Renderer, tmp_path: Path) -> Project:
    """A small project that may be changed."""
    return render(example=False, coverage="none").copy(tmp_path / "changed")


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("def test_more():\n    assert False\n", "exit status is 1"),
        (
            "import pytest\n@pytest.mark.skip\ndef test_more(): ...\n",
            "was skipped",
        ),
        ("def test_more(): ...\ndel test_more\n", "not run: "),
        ("def test_more(): ...\ntest_more.__test__ = False\n", "not run: "),
    ],
    ids=["failed", "skipped", "deleted", "not collected"],
)
def test_suite_that_does_not_run_everything_fails_the_matrix(
    project: Project, tmp_path: Path, addition: str, problem: str
) -> None:
    (project.root / "tests" / "test_more.py").write_text(addition)

    with pytest.raises(pytest.fail.Exception, match=problem) as failure:
        run_suite(project, tmp_path / "suite", None)
    text = str(failure.value)
    assert "copier copy --defaults -d 'project_name=Task Tracker'" in text
    assert f"kept in: {tmp_path / 'suite'}" in text
    assert " passed" in text  # what the suite printed
    assert (tmp_path / "suite").exists()


def test_suite_that_collects_nothing_fails_the_matrix(project: Project) -> None:
    assert "not run" in str(problem_of_outcomes(project, {}))


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


@pytest.mark.parametrize(
    ("outcomes", "problem"),
    [
        ({"sqlite": "passed", "postgresql": "passed"}, None),
        ({"sqlite": "skipped", "postgresql": "passed"}, None),
        ({"sqlite": "passed", "postgresql": "failed"}, "failed"),
        ({"sqlite": "passed"}, "only"),
        ({"sqlite": "skipped", "postgresql": "skipped"}, "skipped"),
    ],
)
def test_test_has_to_run_on_each_database(
    render: Renderer, tmp_path: Path, outcomes: dict[str, str], problem: str | None
) -> None:
    project = render(backend="sqlite-and-postgresql").copy(tmp_path / "project")
    for path in project.files("test_*.py"):
        (project.root / path).unlink()
    (project.root / "tests" / "test_one.py").write_text("def test_one(): ...\n")
    found = problem_of_outcomes(
        project, {f"tests/test_one.py::test_one[{k}]": o for k, o in outcomes.items()}
    )

    assert found is None if problem is None else problem in str(found)


def test_every_phase_of_a_test_counts(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def fails():\n"
        "    yield\n"
        "    assert False\n"
        "def test_call(fails): ...\n"
        "def test_fine(): ...\n"
        "@pytest.mark.skip\n"
        "def test_skipped(): ...\n"
    )
    run = run_pytest(tmp_path, ["-q"])

    assert run.status == 1
    assert run.outcomes == {
        "test_it.py::test_call": "failed",
        "test_it.py::test_fine": "passed",
        "test_it.py::test_skipped": "skipped",
    }
