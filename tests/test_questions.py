"""What the template asks."""

import pytest

from .matrix import environment
from .matrix.combinations import SAMPLE_VALUES, TEXT_ONLY, Combinations
from .matrix.projects import Renderer
from .matrix.questionnaire import (
    Questionnaire,
    UnreachableAnswerError,
    Value,
    choices_of,
)

# The template's interface: people and scripts rely on these names and values.
CHOICES: dict[str, list[Value]] = {
    "python_version": ["3.11", "3.12", "3.13", "3.14"],
    "license": ["MIT", "Apache-2.0", "BSD-3-Clause", "none"],
    "backend": ["sqlite-memory", "sqlite-file", "postgresql", "sqlite-and-postgresql"],
    "postgres_driver": ["asyncpg", "psycopg"],
    "isolation": ["rollback", "snapshot", "truncate", "recreate"],
    "pytest_config": ["pyproject", "pytest-ini"],
    "coverage": ["none", "terminal", "html"],
    "example": [True, False],
}
DEFAULTS = {
    "project_name": "Task Tracker",
    "package_name": "task_tracker",
    "python_version": "3.11",
    "license": "MIT",
    "backend": "sqlite-memory",
    "isolation": "rollback",
    "pytest_config": "pyproject",
    "coverage": "terminal",
    "coverage_fail_under": 90,
    "example": True,
    "user_name": "",
    "user_email": "",
}


def test_questions_have_these_names(questionnaire: Questionnaire) -> None:
    assert questionnaire.asked == [
        *("project_name", "package_name", "project_description"),
        *("user_name", "user_email", "python_version", "license"),
        *("backend", "postgres_driver", "isolation"),
        *("pytest_config", "coverage", "coverage_fail_under", "example"),
    ]


@pytest.mark.parametrize("name", CHOICES)
def test_question_offers_these_values(questionnaire: Questionnaire, name: str) -> None:
    assert sorted(map(str, choices_of(questionnaire.details[name]))) == sorted(
        map(str, CHOICES[name])
    )


def test_defaults_are_these(questionnaire: Questionnaire) -> None:
    answers = dict(questionnaire.complete({}))

    assert answers.pop("project_description")
    assert answers == DEFAULTS


def test_every_question_has_help(questionnaire: Questionnaire) -> None:
    for name in questionnaire.asked:
        assert questionnaire.details[name]["help"].strip(), name


@pytest.mark.parametrize(
    ("project_name", "package_name"),
    [
        ("Task Tracker", "task_tracker"),
        ("2 Fast", "project_2_fast"),
        ("测试", "my_project"),
        ("SQLModel", "sqlmodel_app"),
        ("Class", "class_app"),
        ("O'Brien's --- shop!", "o_brien_s_shop"),
    ],
)
def test_package_name_is_made_from_the_project_name(
    questionnaire: Questionnaire, project_name: str, package_name: str
) -> None:
    answers = questionnaire.complete({"project_name": project_name})

    assert answers["package_name"] == package_name


def test_driver_is_asked_only_for_postgresql(questionnaire: Questionnaire) -> None:
    asked = {
        backend: "postgres_driver" in questionnaire.complete({"backend": backend})
        for backend in CHOICES["backend"]
    }

    assert asked == {
        "sqlite-memory": False,
        "sqlite-file": False,
        "postgresql": True,
        "sqlite-and-postgresql": True,
    }


def test_threshold_is_asked_only_with_coverage(questionnaire: Questionnaire) -> None:
    assert "coverage_fail_under" not in questionnaire.complete({"coverage": "none"})
    assert "coverage_fail_under" in questionnaire.complete({"coverage": "html"})


def test_question_with_free_text_has_sample_values(
    questionnaire: Questionnaire,
) -> None:
    free = set(questionnaire.asked) - set(questionnaire.closed)

    assert free == set(SAMPLE_VALUES)
    assert set(TEXT_ONLY) <= set(questionnaire.closed)


def test_unknown_answer_is_refused(render: Renderer) -> None:
    with pytest.raises(UnreachableAnswerError, match="databse"):
        render(databse="postgresql")


def test_answer_to_a_computed_question_is_refused(render: Renderer) -> None:
    with pytest.raises(UnreachableAnswerError, match="uses_sqlite"):
        render(uses_sqlite=True)


def test_answer_to_a_hidden_question_is_refused(render: Renderer) -> None:
    with pytest.raises(UnreachableAnswerError, match="postgres_driver"):
        render(backend="sqlite-memory", postgres_driver="psycopg")


def test_template_needs_no_trust(
    questionnaire: Questionnaire, render: Renderer
) -> None:
    config = (render.template / "copier.yml").read_text()

    for setting in ("_tasks", "_jinja_extensions", "_migrations"):
        assert setting not in config


def test_every_combination_is_reachable_and_distinct(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    every = [dict(questionnaire.complete(row)) for row in combinations.every]

    # (2 SQLite backends + 2 others x 2 drivers) x 4 x 2 x 3 x 2
    assert len(every) == 288
    assert len({repr(row) for row in every}) == len(every)


def test_environment_of_the_tests_answers_no_question() -> None:
    assert "DATABASE_URL" not in environment.variables()
