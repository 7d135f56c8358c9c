"""The CI of rendered projects, and of this repository: it is valid, and it works."""

import itertools
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from .matrix import environment, pipelines
from .matrix.facts import BOTH, PYTHONS
from .matrix.pipelines import GITHUB, GITLAB, WEEKLY, run_in_shared_environment
from .matrix.projects import Project, Renderer
from .matrix.questionnaire import Questionnaire, Value, choices_of
from .scenarios import Make

RENOVATE = "renovate.json"
OWN_WORKFLOW = environment.REPOSITORY / GITHUB
# How a file of each name is checked against its public schema.
SCHEMAS = {
    GITHUB: "vendor.github-workflows",
    WEEKLY: "vendor.github-workflows",
    GITLAB: "vendor.gitlab-ci",
    RENOVATE: "vendor.renovate",
}
# The answers that shape what CI runs.
SAMPLES: list[dict[str, Value]] = [
    {"ci": "github"},
    {"ci": "github", "backend": "postgresql", "coverage": "html"},
    {"ci": "gitlab", "backend": "sqlite-and-postgresql"},
    {"ci": "gitlab", "backend": "sqlite-file", "coverage": "html", "example": False},
    {"ci": "gitlab", "migrations": "none", "coverage": "none"},
]


def name(answers: dict[str, Value]) -> str:
    return "-".join(map(str, answers.values()))


@pytest.fixture(scope="module")
def files(render: Renderer, questionnaire: Questionnaire) -> dict[str, set[Path]]:
    """Every different file of CI that there is, by its path in a project."""
    found: dict[str, dict[str, Path]] = {path: {} for path in SCHEMAS}
    shaping = ["ci", "backend", "migrations", "coverage"]
    choices = [choices_of(questionnaire.details[question]) for question in shaping]
    for values in itertools.product(*choices):
        project = render(**dict(zip(shaping, values, strict=True)))
        for path in filter(lambda path: (project.root / path).exists(), SCHEMAS):
            found[path][project.read(path)] = project.root / path
    return {path: {*files.values()} for path, files in found.items()}


def collected(project: Project, *options: str) -> list[str]:
    """Return the tests that pytest would run; those of pytest-randomly are shuffled."""
    is_shuffled = project.answers["factories"] != "none"
    own = {"PYTEST_ADDOPTS": ""} if is_shuffled else {}
    done = project.run("pytest", "--collect-only", "-q", *options, **own)
    return [line for line in done.stdout.splitlines() if "::" in line]


def check(program: str, *arguments: str | Path) -> None:
    """Run a program that checks files, and fail with what it prints if it fails."""
    path = environment.program(program)
    run = environment.run(environment.REPOSITORY, path, *arguments)
    assert run.returncode == 0, run.stdout + run.stderr


def check_workflows(paths: Iterable[Path]) -> None:
    """Fail unless GitHub workflows are valid, and safe."""
    check("check-jsonschema", "--builtin-schema", SCHEMAS[GITHUB], *paths)
    check("actionlint", *paths)
    check("zizmor", "--offline", "--no-progress", "--persona=pedantic", *paths)


def test_only_the_files_of_the_chosen_provider_are_rendered(render: Renderer) -> None:
    for ci, wanted, others in (
        ("github", {GITHUB, WEEKLY, RENOVATE}, ("gitlab",)),
        ("gitlab", {GITLAB, RENOVATE}, ("github",)),
        ("none", set(), ("github", "gitlab", "renovate")),
    ):
        project = render(ci=ci)
        paths = {path.as_posix() for path in project.files()}
        assert paths & set(SCHEMAS) == wanted
        assert not [path for path in paths if path.startswith(others)]
        for path in {*wanted, ".editorconfig", ".pre-commit-config.yaml"}:
            text = project.read(path).lower()
            assert not [other for other in others if other in text], path


def test_files_are_valid(files: dict[str, set[Path]]) -> None:
    assert all(files.values())
    for path in (GITLAB, RENOVATE):
        check("check-jsonschema", "--builtin-schema", SCHEMAS[path], *files[path])
    check_workflows(files[GITHUB] | files[WEEKLY])


def test_renovates_settings_for_a_monorepo_are_valid_and_hold_those_of_a_project(
    render: Renderer, tmp_path: Path
) -> None:
    for ci in ("github", "gitlab"):
        project = render(ci=ci)
        readme = project.read("tests/harness/README.md")
        [text] = re.findall(r"^```json\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
        (tmp_path / RENOVATE).write_text(text)
        check(
            "check-jsonschema",
            "--builtin-schema",
            SCHEMAS[RENOVATE],
            tmp_path / RENOVATE,
        )
        own = json.loads(project.read(RENOVATE))
        assert json.loads(text)["extends"] == own["extends"]


def test_own_workflows_are_valid_and_pin_what_the_rendered_one_pins(
    render: Renderer,
) -> None:
    own = [*OWN_WORKFLOW.parent.glob("*.yml")]
    check_workflows(own)
    pins: dict[str, set[str]] = {}
    rendered = [render(ci="github").read(path) for path in (GITHUB, WEEKLY)]
    for text in (*(path.read_text() for path in own), *rendered):
        for action, pin in re.findall(r"uses: (\S+?)@(.*)", text):
            assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), action
            pins.setdefault(action, set()).add(pin)

    assert {action for action in pins if len(pins[action]) > 1} == set()


def test_own_workflow_runs_all_that_the_plain_command_leaves_out() -> None:
    job = yaml.safe_load(OWN_WORKFLOW.read_text())["jobs"]["every"]
    shards = job["strategy"]["matrix"]["shard"]
    [command] = [s["run"] for s in job["steps"] if "pytest" in s.get("run", "")]

    # All tests, without exception.
    assert command.partition(" pytest ")[2] == '--every --shard "$SHARD"'
    assert job["env"] == {"SHARD": "${{ matrix.shard }}"}
    assert shards == [f"{n}/{len(shards)}" for n in range(1, len(shards) + 1)]
    # All Pythons, and what measures the load, or tests would be skipped.
    installed = " ".join(step.get("run", "") for step in job["steps"])
    assert f"uv python install {' '.join(PYTHONS)}" in installed
    assert "install --yes pgbouncer wrk" in installed


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_tests_run_on_every_supported_python(
    render: Renderer, questionnaire: Questionnaire, ci: str
) -> None:
    versions = [str(v) for v in choices_of(questionnaire.details["python_version"])]
    for number, oldest in enumerate(versions):
        project = render(ci=ci, python_version=oldest)
        content, jobs = pipelines.read(project)
        if ci == "github":
            used = jobs["tests"]["strategy"]["matrix"]["python"]
            others = jobs["checks"]["steps"][1]["with"]["python-version"]
        else:
            used = jobs["tests"]["parallel"]["matrix"][0]["PYTHON_VERSION"]
            others = content["variables"]["PYTHON_VERSION"]
        assert used == versions[number:]
        assert others == oldest
        assert f'requires-python = ">={oldest}"' in project.read("pyproject.toml")


@pytest.mark.one_of("answers")
@pytest.mark.parametrize("answers", SAMPLES, ids=name)
def test_what_was_chosen_is_run_and_works_in_the_shared_environment(
    make: Make, answers: dict[str, Value]
) -> None:
    project = make(**answers)
    text = project.read(GITHUB if answers["ci"] == "github" else GITLAB)
    uses_postgresql = "postgresql" in str(project.answers["backend"])
    assert ("postgresql" in text.lower()) == uses_postgresql
    assert ("migrations" in text) == (project.answers["migrations"] == "alembic")
    assert ("cov" in text) == (project.answers["coverage"] != "none")
    assert "services:" not in text

    # The hooks run the first ones; they work, as test_matrix.py finds out.
    checks = hooks(project)
    steps = list(pipelines.steps(project))
    commands = [command for step in steps for command in step.commands]
    assert [command for command in commands if command in checks] == checks
    assert commands[0].startswith("uv run pytest")
    for step in steps:
        for command in step.commands:
            if command not in checks:
                run_in_shared_environment(project, command, **step.variables)

    reports = {path.name for path in project.files("*.xml")}
    assert reports == set(re.findall(r"\w+\.xml", text))
    is_html = project.answers["coverage"] == "html"
    assert (project.root / "htmlcov").exists() == is_html == ("htmlcov" in text)


def test_what_is_installed_is_audited_by_schedule_only(render: Renderer) -> None:
    for ci, path in (("github", WEEKLY), ("gitlab", GITLAB)):
        project = render(ci=ci)
        assert len(re.findall(r"\buv audit\b", project.read(path))) == 1
        assert not [s for s in pipelines.steps(project) if "audit" in s.script]
        assert "schedule" in project.read(path)


def hooks(project: Project) -> list[str]:
    """Return the commands of the project's hooks for git."""
    [local] = yaml.safe_load(project.read(".pre-commit-config.yaml"))["repos"]
    return [hook["entry"] for hook in local["hooks"]]


@pytest.mark.every
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_commands_and_hooks_work_as_written(
    make: Make, tmp_path: Path, ci: str
) -> None:
    project = make(ci=ci)
    # What the project does not install is not there.
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("uv", "pre-commit", "prek"):
        (programs / program).symlink_to(environment.program(program))
    folders = os.environ["PATH"].split(os.pathsep)
    path = [f for f in folders if not Path(f, "ruff").exists()]
    own = {
        "PATH": os.pathsep.join([str(programs), *path]),
        "PRE_COMMIT_HOME": str(tmp_path / "hooks"),
        "PYTHONPATH": "",
        "UV_NO_PROGRESS": "1",
    }
    # CI says what to do where nobody has made the lock.
    for command in ("uv lock --check", "uv run ruff check"):
        run = environment.run(project.root, *command.split(), UV_LOCKED="1", **own)
        assert run.returncode != 0
        assert "run `uv lock` or `uv sync`" in run.stderr

    project.run("uv", "sync", **own)
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "Start")
    for step in pipelines.steps(project):
        # The cache and the Python version are for GitLab's own machines.
        variables = {k: v for k, v in step.variables.items() if k != "UV_CACHE_DIR"}
        project.run("sh", "-exc", step.script, **variables, **own)
    for program in ("pre-commit", "prek"):
        project.run(program, "validate-config", ".pre-commit-config.yaml", **own)
        project.run(program, "run", "--all-files", **own)
    # A hook notices what CI would notice.
    settings = project.root / "src" / project.package / "settings.py"
    text = settings.read_text()
    settings.write_text(f"{text}import  os\n")
    for program in ("pre-commit", "prek"):
        run = environment.run(project.root, program, "run", "--all-files", **own)
        failed = re.findall(r"^(.+?)\.*Failed$", run.stdout, re.MULTILINE)
        assert failed == ["ruff check", "ruff format"], run.stdout
    settings.write_text(text)

    # All that is left is ignored, and the lock is not.
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert project.run("git", "ls-files", "uv.lock").stdout == "uv.lock\n"


@pytest.mark.one_of("factories", "backend")
@pytest.mark.parametrize("factories", ["none", "factory-boy", "polyfactory"])
@pytest.mark.parametrize("backend", ["sqlite-memory", "sqlite-and-postgresql"])
@pytest.mark.parametrize(
    ("ci", "path", "variable"),
    [("github", GITHUB, "${{ matrix.group }}"), ("gitlab", GITLAB, "$GROUP")],
)
def test_groups_of_a_long_suite_that_is_split_are_the_whole_suite(
    make: Make, ci: str, path: str, variable: str, backend: str, factories: str
) -> None:
    project = make(coverage="none", ci=ci, backend=backend, factories=factories)
    line = r"# - (?:run: )?uv run pytest (.*--splits.*)"
    [command] = re.findall(line, project.read(path))
    groups = []
    for group in "123":
        options = command.replace(variable, group)
        groups.append(collected(project, *options.split()))
    database = ["--database", "all"] if backend == BOTH else []

    assert all(groups)
    tests = sorted(test for group in groups for test in group)
    assert tests == sorted(collected(project, *database))


def test_renovate_knows_the_provider(render: Renderer) -> None:
    for ci in ("github", "gitlab"):
        settings = json.loads(render(ci=ci).read(RENOVATE))
        assert ci in str(settings["extends"]).lower()
        assert settings["lockFileMaintenance"] == {"enabled": True}
