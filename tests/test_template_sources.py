"""The template's own files: what must hold for them before anything is rendered."""

import re
from pathlib import Path

import jinja2.meta

from .matrix import environment
from .matrix.questionnaire import Questionnaire

# What Copier gives to templates besides the answers.
COPIERS_OWN = {"_copier_answers", "_copier_conf", "_copier_operation"}
COPIERS_OWN |= {"_external_data", "UNSET"}
INCLUDED = ("licenses", "factories", "sections")
SOURCES = ("copier.yml", "template", "adopted", "entity", "hooks", *INCLUDED)


def test_names_are_legal_everywhere_and_every_variable_is_a_question_that_is_used(
    template: Path, questionnaire: Questionnaire
) -> None:
    used = set()
    for path in template.rglob("*"):
        name = path.relative_to(template)
        if path.is_dir() or name.parts[0] not in SOURCES:
            continue
        assert not set(path.name) & set('"<>:\\|?*'), path
        is_rendered = path.suffix in (".jinja", ".yml") or name.parts[0] in INCLUDED
        for text in (str(name), path.read_text() if is_rendered else ""):
            cooked = re.sub(r"^# \{% (end)?raw %\}", "", text, flags=re.MULTILINE)
            syntax = questionnaire.jinja.parse(cooked)
            used |= jinja2.meta.find_undeclared_variables(syntax)

    assert used - COPIERS_OWN == set(questionnaire.details)


def test_every_section_is_included_and_every_include_finds_a_section(
    template: Path,
) -> None:
    sections = [path for path in template.glob("sections/**/*") if path.is_file()]
    texts = [path.read_text() for path in (*template.glob("*/**/*.jinja"), *sections)]
    # Either the whole name of a file, or that of a folder, which an answer follows.
    named = set(re.findall(r'"(sections/[\w./-]+)"', "".join(texts)))

    assert all((template / name).exists() for name in named)
    for path in sections:
        name, folder = (str(p.relative_to(template)) for p in (path, path.parent))
        assert {name, f"{folder}/"} & named, path


def test_lines_with_tags_are_few(template: Path) -> None:
    folders = ("adopted", "template", "sections")
    files = [path for folder in folders for path in template.glob(f"{folder}/**/*")]
    files = [path for path in files if path.is_file() and path.parent.name != "openapi"]
    lines = [line for path in files for line in path.read_text().splitlines()]
    tags = [line for line in lines if "{%" in line]

    assert len(tags) / len(lines) <= 0.035


def test_plain_python_files_are_linted_and_formatted(template: Path) -> None:
    ruff = environment.program("ruff")
    for command in (["check"], ["format", "--check", "--diff"]):
        run = environment.run(template, ruff, *command, "--no-cache", ".")
        assert run.returncode == 0, run.stdout + run.stderr
