# fmt: off; isort: skip_file
"""What helps with errors: a pattern that their text matches, and the help."""

import re

from .chosen import KINDS, SCHEMA

HINTS = {
    "UnboundExecutionError": "Only tests that request `session`, `session_factory` or "
    "`engine`, directly or through a fixture, have a database.",
    "no such table|UndefinedTable": SCHEMA.NO_TABLE,
    "greenlet_spawn has not been called": "An attribute was read that is not loaded, "
    "such as a relationship: have the query load it, with `selectinload()`.",
    "due to lock timeout|database is locked": "Another session has written and not "
    "committed, or another process uses the database.",
}
for kind, *_ in KINDS.values():
    HINTS |= kind.hints


def add_hints(error: BaseException, shown: str) -> None:
    """Add what helps with an error that is `shown` as a text."""
    for pattern, hint in HINTS.items():
        if re.search(pattern, shown):
            error.add_note(hint)
