"""The environment in which commands run in rendered projects."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import forking

REPOSITORY = Path(__file__).parents[2]
COPIER_SETTINGS = Path(__file__).with_name("copier_settings.yml")
FILES = REPOSITORY / "tests" / "files"  # whole files that are put into projects
LOCK = REPOSITORY / "requirements-dev.txt"
NOT_ASKED_FOR = ("randomly", "schemathesis", "hypothesispytest", "faker")
TIMEOUT = 600.0  # seconds: nothing takes as long unless it hangs

# Settings of whoever runs these tests, which must not reach the projects.
_OURS = (
    *("COPIER_", "GIT_", "MYPY", "PG", "PYTEST_", "PYTHON", "RUFF_", "VIRTUAL_ENV"),
    *("COVERAGE_", "COV_", "APPLICATION_DATABASE_URL", "DATABASE_URL", "TEST_"),
)


def variables(**own: str | Path) -> dict[str, str]:
    """Return the variables for a process: this environment's, cleaned, and `own`."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(_OURS)}
    programs = Path(sys.executable).parent
    ours = {
        # What somebody keeps in a home directory must not change results.
        "COPIER_SETTINGS_PATH": COPIER_SETTINGS,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        # Installed for those that ask for them: wherever they are, one shuffles, and
        # the others double the time that pytest takes to start.
        "PYTEST_ADDOPTS": " ".join(f"-p no:{plugin}" for plugin in NOT_ASKED_FOR),
        "PATH": f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "PYTHONPATH": "src",
    }
    return kept | {name: str(value) for name, value in (ours | own).items()}


def run(
    folder: Path, *command: str | Path, **own: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without input, and return what came of it."""
    words = [str(part) for part in command]
    if words[0] in _forked() and "PATH" not in own:
        return forking.run(folder, words, variables(**own), TIMEOUT)
    return subprocess.run(
        words,
        capture_output=True,
        check=False,
        cwd=folder,
        env=variables(**own),
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=TIMEOUT,
    )


@functools.cache
def _forked() -> set[str]:
    """Return how commands begin that are run without starting Python."""
    return {*forking.PROGRAMS, *map(program, forking.PROGRAMS)}


def program(name: str) -> str:
    """Return the path of a program that the locked requirements install."""
    found = shutil.which(name, path=variables()["PATH"])
    assert found is not None, f"{name} is not installed; see requirements-dev.txt"
    return found


def copier(
    folder: Path, *arguments: str | Path, **own: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run the copier program in a folder, with defaults for what is not given."""
    command, *others = arguments
    return run(folder, program("copier"), command, "--defaults", *others, **own)
