"""The lines that Copier prints after rendering work as they are printed."""

import re
from pathlib import Path

from .matrix import environment


def test_lines_of_the_message_work_in_order(template: Path, tmp_path: Path) -> None:
    project = tmp_path / "my project"
    copied = environment.copier(tmp_path, "copy", template, project)
    assert copied.returncode == 0, copied.stderr
    lines = re.findall(r"^  (\S.*)$", copied.stderr.partition("Next:")[2], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["cd", "uv", "git"]

    script = "\n".join(["set -e", *lines])
    own = {"PYTHONPATH": "", "UV_NO_PROGRESS": "1"}
    run = environment.run(tmp_path, "sh", "-c", script, **own)

    assert run.returncode == 0, f"{script}\n{run.stdout}\n{run.stderr}"
    assert re.search(r"^(=+ )?\d+ passed in", run.stdout, re.MULTILINE)
    assert environment.run(project, "git", "status", "--porcelain").stdout == ""
    subject = environment.run(project, "git", "log", "--format=%s").stdout
    assert subject == "Start from a template\n"


def test_quiet_copy_prints_nothing(template: Path, tmp_path: Path) -> None:
    run = environment.copier(tmp_path, "copy", "--quiet", template, tmp_path / "p")

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
