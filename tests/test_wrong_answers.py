"""Wrong answers get an error that says what is allowed, and nothing is written."""

import tomllib
from pathlib import Path

import pytest

from .matrix.environment import copier
from .matrix.questionnaire import Questionnaire, data

WRONG = [
    ("project_name", "not blank", ["", "   "]),
    ("project_name", "one line", ["two\nlines"]),
    ("project_description", "one line", ["two\nlines", "a\ttab"]),
    ("user_name", "one line", ["two\nlines"]),
    ("user_email", "ada@example.com", ["nobody", "a@b@c", "a b@example.com"]),
    ("package_name", "a keyword of Python", ["class", "None"]),
    ("package_name", "has it", ["json", "sqlalchemy", "pytest", "tests"]),
    ("package_name", "letter first", ["a-b", "a.b", "1a", "", "naïve", "task\n"]),
    ("package_name", "40 characters", ["x" * 41]),
    ("python_version", "3.11", ["3.10"]),
    ("license", "MIT", ["GPL"]),
    ("backend", "sqlite-memory", ["mysql"]),
    ("isolation", "rollback", ["luck"]),
    ("api", "fastapi", ["flask"]),
    ("pytest_config", "pyproject", ["tox"]),
    ("coverage", "terminal", ["maybe"]),
    ("coverage_fail_under", "0 to 100", ["101", "-1", "9.5", "x", "", "00"]),
]


@pytest.mark.parametrize(("name", "advice", "values"), WRONG)
def test_wrong_answer_is_refused_with_advice(
    questionnaire: Questionnaire, name: str, advice: str, values: list[str]
) -> None:
    for value in values:
        with pytest.raises(ValueError, match=advice) as refusal:
            questionnaire.complete({name: value})
        assert name in str(refusal.value)
        # The prompt cuts off the rest. Choices have no error there.
        assert name in questionnaire.closed or len(str(refusal.value)) < 80


# Starting the real program takes a second, so only one answer of each kind.
@pytest.mark.parametrize(
    ("answers", "advice"),
    [
        ({"backend": "mysql"}, "sqlite-memory"),
        ({"backend": "postgresql", "postgres_driver": "pg8000"}, "asyncpg"),
        ({"package_name": "class"}, "a keyword of Python"),
        ({"coverage_fail_under": "101"}, "0 to 100"),
        ({"coverage_fail_under": "x"}, "0 to 100"),
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
