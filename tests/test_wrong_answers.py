"""Wrong answers get an error that says what is allowed, and nothing is written."""

from pathlib import Path

import pytest

from .matrix import environment
from .matrix.questionnaire import Questionnaire

LONG = "x" * 41
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
    ("package_name", LONG, "40 characters"),
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
    ("name", "value", "advice"),
    [
        ("backend", "mysql", "sqlite-memory"),
        ("package_name", "class", "choose another name"),
        ("package_name", "a-b", "letters"),
        ("coverage_fail_under", "101", "0 to 100"),
        ("coverage_fail_under", "x", "coverage_fail_under"),
        ("project_name", " ", "not blank"),
        ("example", "perhaps", "example"),
    ],
)
def test_program_refuses_a_wrong_answer_and_writes_nothing(
    template: Path, tmp_path: Path, name: str, value: str, advice: str
) -> None:
    copier = [environment.program("copier"), "copy", "--defaults"]
    destination = tmp_path / "project"
    run = environment.run(
        tmp_path, *copier, "-d", f"{name}={value}", template, destination
    )

    assert run.returncode not in (0, None)
    assert advice in run.stderr
    assert not destination.exists()


def test_program_refuses_an_unknown_driver(template: Path, tmp_path: Path) -> None:
    copier = [environment.program("copier"), "copy", "--defaults"]
    answers = ["-d", "backend=postgresql", "-d", "postgres_driver=pg8000"]
    run = environment.run(tmp_path, *copier, *answers, template, tmp_path / "project")

    assert run.returncode != 0
    assert "asyncpg" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_of_the_user_answer_for_the_author(
    template: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "defaults:\n  user_name: Ada Lovelace\n  user_email: ada@example.com\n"
    )
    copier = [environment.program("copier"), "copy", "--defaults", "--quiet"]
    run = environment.run(
        tmp_path, *copier, template, tmp_path / "p", COPIER_SETTINGS_PATH=settings
    )

    assert run.returncode == 0, run.stderr
    assert (
        'authors = [\n    { name = "Ada Lovelace", email = "ada@example.com" },\n]'
        in (tmp_path / "p" / "pyproject.toml").read_text()
    )
