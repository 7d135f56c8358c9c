"""The template's own files: what must hold for them before anything is rendered."""

import re
from pathlib import Path

import jinja2.meta
import pytest

from .matrix import environment
from .matrix.questionnaire import Questionnaire

# What Copier gives to templates besides the answers.
COPIERS_OWN = {"_copier_answers", "_copier_conf", "_copier_operation"}


@pytest.fixture(scope="module")
def sources(template: Path) -> list[Path]:
    """All files that make projects."""
    folders = ("template", "hooks", "licenses")
    found = (path for folder in folders for path in (template / folder).rglob("*"))
    return [template / "copier.yml", *(path for path in found if path.is_file())]


def test_file_names_are_legal_everywhere(sources: list[Path]) -> None:
    for path in sources:
        assert not set(path.name) & set('"<>:\\|?*'), path


def test_sources_have_no_tabs_and_no_white_space_at_line_ends(
    sources: list[Path],
) -> None:
    for path in sources:
        assert not re.search(r"\t|[ \r]$", path.read_text(), re.MULTILINE), path


def test_every_variable_is_a_question_and_every_question_is_used(
    sources: list[Path], template: Path, questionnaire: Questionnaire
) -> None:
    syntax = questionnaire.jinja
    used = set()
    for path in sources:
        text = path.read_text()
        if path.suffix in (".jinja", ".yml") or path.parent.name == "licenses":
            used |= jinja2.meta.find_undeclared_variables(syntax.parse(text))
        name = str(path.relative_to(template))
        used |= jinja2.meta.find_undeclared_variables(syntax.parse(name))

    assert used - COPIERS_OWN - set(questionnaire.details) == set()
    assert set(questionnaire.details) - used == set()


def test_plain_python_files_are_linted_and_formatted(template: Path) -> None:
    ruff = environment.program("ruff")
    for command in (["check"], ["format", "--check", "--diff"]):
        run = environment.run(template, ruff, *command, "--no-cache", ".")
        assert run.returncode == 0, run.stdout + run.stderr
