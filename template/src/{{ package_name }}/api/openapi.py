"""The description of the API: as a module it writes `openapi.json`."""

import json
from pathlib import Path

from . import main

PATH = Path("openapi.json")


def describe() -> str:
    """Return the OpenAPI document as the file has it."""
    return json.dumps(main.app.openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(describe(), encoding="utf-8")
