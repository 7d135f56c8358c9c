"""What the template asks."""

from .matrix.combinations import SAMPLE_VALUES, Combinations
from .matrix.questionnaire import Questionnaire, Value, choices_of

# The template's interface: people and scripts rely on these names, in this order, on
# the defaults, which come first, and on the other choices.
QUESTIONS: dict[str, list[Value]] = {
    "scope": ["repository", "harness", "entity"],
    "entity": [""],
    "plural": [""],
    "soft_delete": [False, True],
    "fields": [""],
    "harness_package": ["db_harness"],
    "metadata": [""],
    "model_modules": [""],
    "session_factory": [""],
    "engine_factory": [""],
    "database_variables": ["DATABASE_URL"],
    "schema_from": ["metadata", "alembic"],
    "alembic_config": ["alembic.ini"],
    "project_name": ["Task Tracker"],
    "package_name": ["task_tracker"],
    "project_description": ["A service on async SQLModel."],
    "user_name": [""],
    "user_email": [""],
    "python_version": ["3.11", "3.12", "3.13", "3.14"],
    "license": ["MIT", "Apache-2.0", "BSD-3-Clause", "none"],
    "backend": ["sqlite-memory", "sqlite-file", "postgresql", "sqlite-and-postgresql"],
    "postgres_driver": ["asyncpg", "psycopg"],
    "isolation": ["rollback", "snapshot", "truncate", "recreate"],
    "migrations": ["alembic", "none"],
    "api": ["none", "fastapi"],
    "factories": ["none", "factory-boy", "polyfactory"],
    "ci": ["github", "gitlab", "none"],
    "pytest_config": ["pyproject", "pytest-ini"],
    "coverage": ["terminal", "none", "html"],
    "coverage_fail_under": ["90"],
    "example": [True, False],
}


def test_questions_have_help_and_these_defaults_and_choices(
    questionnaire: Questionnaire,
) -> None:
    assert questionnaire.asked == list(QUESTIONS)
    assert all(questionnaire.details[name]["help"].strip() for name in QUESTIONS)
    new = questionnaire.complete({"backend": "postgresql"})
    needed = {"metadata": "shop:Base", "session_factory": "shop:make"}
    adopted = questionnaire.complete(
        {"scope": "harness", "schema_from": "alembic", **needed}
    )
    adopted = {**adopted, "schema_from": "metadata"}
    for_entities = {"entity", "plural", "soft_delete", "fields"}
    assert {**adopted, **new, **dict.fromkeys(needed, "")} == {
        name: values[0]
        for name, values in QUESTIONS.items()
        if name not in for_entities
    } | {"backend": "postgresql"}
    for name in questionnaire.closed:
        offered = choices_of(questionnaire.details[name])
        assert sorted(offered, key=str) == sorted(QUESTIONS[name], key=str)


def test_questions_and_labels_fit_a_terminal(questionnaire: Questionnaire) -> None:
    for name in questionnaire.asked:
        details = questionnaire.details[name]
        labels = [details["help"], *details.get("choices", [])]
        assert max(map(len, labels)) <= 77, name  # behind a symbol or an arrow


def test_package_name_is_made_from_the_project_name(
    questionnaire: Questionnaire,
) -> None:
    for project_name, package_name in (
        ("Task Tracker", "task_tracker"),
        ("2 Fast", "project_2_fast"),
        ("测试", "my_project"),
        ("SQLModel", "sqlmodel_app"),
        ("Class", "class_app"),
        ("O'Brien's --- shop!", "o_brien_s_shop"),
    ):
        answers = questionnaire.complete({"project_name": project_name})
        assert answers["package_name"] == package_name


def test_question_with_free_text_has_sample_values(
    questionnaire: Questionnaire,
) -> None:
    free = set(questionnaire.asked) - set(questionnaire.closed)

    assert free == set(SAMPLE_VALUES)


def test_every_combination_is_distinct_and_asks_only_what_matters(
    combinations: Combinations, questionnaire: Questionnaire
) -> None:
    every = combinations.every

    # It takes a millisecond for each.
    assert every[::7] == [questionnaire.complete(row) for row in every[::7]]
    # (2 SQLite backends + 2 others x 2 drivers) x 4 x 2 x 2 x 3 x 2 x 3 x 2
    assert len({str(row) for row in every}) == len(every) == 3456
    for row in every:
        assert ("postgres_driver" in row) == ("postgresql" in str(row["backend"]))
        assert ("coverage_fail_under" in row) == (row["coverage"] != "none")
