"""Text that breaks careless templates comes out as it was typed in."""

import email
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from .matrix import checks
from .matrix.combinations import HOSTILE_TEXTS
from .matrix.environment import program
from .matrix.projects import ANSWERS_FILE, Project, Renderer
from .matrix.suites import run_suite

FIELDS = ("project_name", "project_description", "user_name")


@pytest.fixture(params=HOSTILE_TEXTS)
def text(request: pytest.FixtureRequest) -> str:
    """A hostile text."""
    return str(request.param)


@pytest.fixture
def project(text: str, render: Renderer) -> Project:
    """A project with the text wherever text can be typed in."""
    names = dict.fromkeys(FIELDS, text)
    return render(**names, package_name="hostile", user_email="ada@example.com")


def test_text_is_verbatim_in_every_file(project: Project, text: str) -> None:
    metadata = tomllib.loads(project.read("pyproject.toml"))["project"]
    answers = yaml.safe_load(project.read(ANSWERS_FILE))

    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text, "email": "ada@example.com"}]
    assert [answers[name] for name in FIELDS] == [text] * 3
    assert project.read("README.md").startswith(f"# {text}\n\n{text}\n")
    assert f"Copyright (c) {text}\n" in project.read("LICENSE")


def test_project_with_hostile_text_is_clean(
    project: Project, own: Path, shared: Path
) -> None:
    checks.check_text(project)
    checks.check_source(project, shared / "checked", own / "mypy")


def test_wheel_carries_the_text(project: Project, text: str, tmp_path: Path) -> None:
    hatchling = program("hatchling")
    project.copy(tmp_path / "copy").run(
        hatchling, "build", "--target", "wheel", "--directory", tmp_path, PYTHONPATH=""
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [path] = [name for name in archive.namelist() if name.endswith("METADATA")]
        metadata = email.message_from_string(archive.read(path).decode())

    assert metadata["Summary"] == text


def test_suite_passes_whatever_the_text(render: Renderer, tmp_path: Path) -> None:
    names = dict.fromkeys(FIELDS, " ".join(HOSTILE_TEXTS))

    run_suite(render(**names, package_name="hostile"), tmp_path / "p", None)
