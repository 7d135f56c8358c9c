"""The lines that Copier prints after rendering work as they are printed."""

import re
from pathlib import Path

from .matrix import environment


def test_lines_of_the_message_work_in_order(template: Path, tmp_path: Path) -> None:
    name = "my project"
    copier = environment.program("copier")
    answers = ["-d", "user_name=Ada", "-d", "user_email=ada@example.com"]
    copied = environment.run(
        tmp_path, copier, "copy", "--defaults", *answers, template, tmp_path / name
    )
    assert copied.returncode == 0, copied.stderr
    lines = re.findall(r"^  (\S.*)$", copied.stderr.partition("Next:")[2], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["cd", "uv", "git"]

    script = "\n".join(["set -e", *lines])
    run = environment.run(
        tmp_path, "sh", "-c", script, PYTHONPATH="", UV_NO_PROGRESS="1"
    )

    assert run.returncode == 0, f"{script}\n{run.stdout}\n{run.stderr}"
    assert re.search(r"^=+ \d+ passed in|^\d+ passed in", run.stdout, re.MULTILINE)
    left = environment.run(tmp_path / name, "git", "status", "--porcelain")
    assert left.stdout == ""
    subject = environment.run(tmp_path / name, "git", "log", "--format=%s")
    assert subject.stdout == "Start from a template\n"


def test_quiet_copy_prints_nothing(template: Path, tmp_path: Path) -> None:
    copier = environment.program("copier")
    run = environment.run(
        tmp_path, copier, "copy", "--defaults", "--quiet", template, tmp_path / "p"
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
