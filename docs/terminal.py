"""Draws docs/terminal.svg from a real run: `python docs/terminal.py`.

It renders a project with the default answers, adds two tests that fail, and runs them
beside some that pass.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from copier import run_copy
from rich.console import Console
from rich.text import Text

REPOSITORY = Path(__file__).parents[1]
COMMAND = "pytest --tb=short tests/harness/test_isolation.py tests/test_shop.py"
TESTS = """
import asyncio

from task_tracker.models import Project


async def test_third_project_is_found(session):
    session.add(Project(name="Apollo"))
    session.add(Project(name="Gemini"))
    await session.commit()

    assert await session.get(Project, 3) is not None


async def send_mail(): await asyncio.sleep(60)


async def test_mail_is_sent(session):
    asyncio.create_task(send_mail())
"""
# Rich's own page loads its fonts from the network.
PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px monospace; white-space: pre; }}
.{unique_id}-title {{ font: bold 18px sans-serif; fill: #c5c8c6; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})"
   clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    """Run pytest in a rendered project and draw what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "task-tracker"
        run_copy(str(REPOSITORY), project, defaults=True, quiet=True, vcs_ref="HEAD")
        (project / "tests" / "test_shop.py").write_text(TESTS)
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                *COMMAND.split(),
                "--color=yes",
                "-p",
                "no:randomly",
            ],
            capture_output=True,
            check=False,
            cwd=project,
            env=os.environ | {"COLUMNS": "92", "PYTHONPATH": "src"},
            text=True,
        )
    console = Console(record=True, width=92, file=io.StringIO())
    console.print(Text.from_ansi(f"$ uv run {COMMAND}\n"))
    # What differs from machine to machine says nothing about the product.
    noise = r"(?m)^(platform|rootdir|cachedir|configfile|plugins|asyncio).*\n| at 0x\w+"
    output = re.sub(noise, "", run.stdout)
    console.print(Text.from_ansi(output))
    svg = console.export_svg(
        title="task-tracker", code_format=PAGE, unique_id="terminal"
    )
    svg = svg.replace("<text ", '<text xml:space="preserve" ')
    (REPOSITORY / "docs" / "terminal.svg").write_text(svg)


if __name__ == "__main__":
    main()
