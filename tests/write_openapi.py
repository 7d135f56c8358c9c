"""Writes `sections/openapi/` anew: `python -m tests.write_openapi`.

Each project's tests find out whether its file is current.
"""

import json
import sys
import tempfile
from pathlib import Path

from .matrix.environment import REPOSITORY
from .matrix.projects import Renderer, snapshot

FOLDER = REPOSITORY / "sections" / "openapi"
TITLE = "{{ package_name | replace('_', ' ') | trim | title }}"


def write(render: Renderer) -> None:
    """Write what describes the API with the example, and without."""
    for name, example in (("example", True), ("empty", False)):
        project = render(api="fastapi", package_name="title_of_it", example=example)
        project.run(sys.executable, "-m", "title_of_it.api.openapi")
        text = project.read("openapi.json")
        title = json.loads(text)["info"]["title"]
        (FOLDER / f"{name}.json.jinja").write_text(text.replace(title, TITLE))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template"
        snapshot(template)
        write(Renderer(template, Path(folder)))
