"""What a project's CI runs, from its GitHub workflow or its GitLab pipeline."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .projects import Project
from .runner import run_pytest

GITHUB = ".github/workflows/ci.yml"
WEEKLY = ".github/workflows/weekly.yml"
GITLAB = ".gitlab-ci.yml"
CONFIGURED = {"workflow", "variables", "default"}  # GitLab's keys that are no jobs


@dataclass(frozen=True)
class Step:
    """A script of shell commands, and the variables that they get."""

    script: str
    variables: Mapping[str, str]

    @property
    def commands(self) -> list[str]:
        """The commands of the script, one a line."""
        return self.script.splitlines()


def read(project: Project) -> tuple[Any, dict[str, Any]]:
    """Return what the project's workflow or pipeline holds, and its jobs by name."""
    if project.answers["ci"] == "github":
        content = yaml.safe_load(project.read(GITHUB))
        return content, content["jobs"]
    content = yaml.safe_load(project.read(GITLAB))
    return content, {name: content[name] for name in content if name not in CONFIGURED}


def steps(project: Project) -> Iterator[Step]:
    """Yield what the project's CI runs on a push, once for all Python versions."""
    content, jobs = read(project)
    for job in jobs.values():
        if "rules" in job:  # it is for a schedule
            continue
        if project.answers["ci"] == "gitlab":
            variables = content["variables"] | job.get("variables", {})
            yield Step("\n".join(job["script"]), variables)
        for step in job.get("steps", []):
            if "run" in step:
                yield Step(step["run"], content["env"] | step.get("env", {}))


def run_in_shared_environment(project: Project, command: str, **own: str | Path) -> str:
    """Run `uv run PROGRAM …` without uv and return what it printed.

    The program is that of the tests' own environment, so nothing is installed.
    """
    uv, run, program, *arguments = shlex.split(command)
    assert (uv, run) == ("uv", "run"), command
    if program != "pytest":
        return project.run(program, *arguments, **own).stdout
    done = run_pytest(project.root, arguments, **own)
    if done.status:
        project.fail(f"exit status {done.status}", [command], done.output)
    return done.output
