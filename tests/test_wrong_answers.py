"""Wrong answers get an error that says what is allowed, and nothing is written."""

import tomllib
from pathlib import Path

import pytest

from .matrix.environment import copier
from .matrix.questionnaire import Questionnaire, data

WRONG = [
    ("project_name", "", "not blank"),
    ("project_name", "   ", "not blank"),
    ("project_name", "two\nlines", "one line"),
    ("project_description", "two\nlines", "one line"),
    ("project_description", "a\ttab", "one line"),
    ("user_name", "two\nlines", "one line"),
    ("user_email", "nobody", "ada@example.com"),
    ("user_email", "a@b@c", "ada@example.com"),
    ("user_email", "a b@example.com", "ada@example.com"),
    ("package_name", "class", "choose another name"),
    ("package_name", "None", "choose another name"),
    ("package_name", "json", "choose another name"),
    ("package_name", "sqlalchemy", "choose another name"),
    ("package_name", "pytest", "choose another name"),
    ("package_name", "tests", "choose another name"),
    ("package_name", "a-b", "letters"),
    ("package_name", "a.b", "letters"),
    ("package_name", "1a", "letter"),
    ("package_name", "", "letters"),
    ("package_name", "naïve", "letters"),
    ("package_name", "task\n", "letters"),
    ("package_name", "x" * 41, "40 characters"),
    ("python_version", "3.10", "3.11"),
    ("license", "GPL", "MIT"),
    ("backend", "mysql", "sqlite-memory"),
    ("isolation", "luck", "rollback"),
    ("pytest_config", "tox", "pyproject"),
    ("coverage", "maybe", "terminal"),
    ("coverage_fail_under", "101", "0 to 100"),
    ("coverage_fail_under", "-1", "0 to 100"),
]


@pytest.mark.parametrize(("name", "value", "advice"), WRONG)
def test_wrong_answer_is_refused_with_advice(
    questionnaire: Questionnaire, name: str, value: str, advice: str
) -> None:
    with pytest.raises(ValueError, match=advice) as refusal:
        questionnaire.complete({name: value})
    assert name in str(refusal.value)


# Starting the real program takes a second, so only one answer of each kind.
@pytest.mark.parametrize(
    ("answers", "advice"),
    [
        ({"backend": "mysql"}, "sqlite-memory"),
        ({"backend": "postgresql", "postgres_driver": "pg8000"}, "asyncpg"),
        ({"package_name": "class"}, "choose another name"),
        ({"coverage_fail_under": "101"}, "0 to 100"),
        ({"coverage_fail_under": "x"}, "coverage_fail_under"),
        ({"project_name": " "}, "not blank"),
        ({"example": "perhaps"}, "example"),
    ],
)
def test_program_refuses_a_wrong_answer_and_writes_nothing(
    template: Path, tmp_path: Path, answers: dict[str, str], advice: str
) -> None:
    run = copier(tmp_path, "copy", *data(answers), template, tmp_path / "project")

    assert run.returncode != 0
    assert advice in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_of_the_user_answer_for_the_author(
    template: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {user_name: Ada, user_email: ada@example.com}\n")
    copier(tmp_path, "copy", template, tmp_path / "p", COPIER_SETTINGS_PATH=settings)

    metadata = tomllib.loads((tmp_path / "p" / "pyproject.toml").read_text())
    author = {"name": "Ada", "email": "ada@example.com"}
    assert metadata["project"]["authors"] == [author]
