"""Text that breaks careless templates comes out as it was typed in."""

import importlib.metadata
from pathlib import Path

import pytest
import yaml

from .matrix import checks, sources
from .matrix.combinations import HOSTILE_TEXTS
from .matrix.environment import program
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE
from .matrix.suites import run_suite

FIELDS = ("project_name", "project_description", "user_name")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_text_is_verbatim_in_every_file_and_in_the_wheel(
    render: Renderer, own: Path, tmp_path: Path, text: str
) -> None:
    names = dict.fromkeys(FIELDS, text)
    names |= {"package_name": "hostile", "user_email": "ada@example.com"}
    project = render(**names, api="fastapi")
    metadata = checks.metadata(project)["project"]
    answers = yaml.safe_load(project.read(ANSWERS_FILE))

    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text, "email": "ada@example.com"}]
    assert [answers[name] for name in FIELDS] == [text] * 3
    assert project.read("README.md").startswith(f"# {text}\n\n{text}\n")
    assert f" {text}\n" in project.read("LICENSE").partition("Copyright (c) 20")[2]
    checks.check_text(project)
    sources.check_sources([project], own / "mypy")

    wheel_in = ("--target", "wheel", "--directory", tmp_path)
    copy = project.copy(tmp_path / "copy")
    copy.run(program("hatchling"), "build", *wheel_in, PYTHONPATH="")
    [wheel] = tmp_path.glob("*.whl")
    [distribution] = importlib.metadata.distributions(path=[str(wheel)])
    assert distribution.metadata["Summary"] == text


def test_suite_passes_whatever_the_text(render: Renderer, tmp_path: Path) -> None:
    names = dict.fromkeys(FIELDS, " ".join(HOSTILE_TEXTS))
    project = render(**names, package_name="hostile", api="fastapi")

    run_suite(project, tmp_path / "p", None)


def test_title_of_the_api_needs_no_escapes_and_fits_on_a_line(
    render: Renderer, own: Path
) -> None:
    for name in ("x" * 100, "测试", '"quoted"', "ends in a backslash \\"):
        project = render(project_name=name, package_name="the_shop_", api="fastapi")
        assert 'title="The Shop",\n' in project.read("src/the_shop_/api/main.py")
        sources.check_sources([project], own / "mypy")
