"""Breaks of the isolation by recreation."""

from functools import partial

from . import HARNESS, IN_MEMORY, POSTGRESQL, Break

_break = partial(Break, file=f"{HARNESS}/isolation_recreate.py", isolation="recreate")

BREAKS = [
    _break(
        "database is not put back",
        "await self._database.restore(problems)",
        "isolation::commits_are_undone",
        new="pass",
    ),
    _break(
        "database is made anew from an empty one",
        "self._saved.backup(self._anchor)",
        "isolation::commits_are_undone",
        new='sqlite3.connect(":memory:").backup(self._anchor)',
        file=f"{HARNESS}/sqlite.py",
        backends=IN_MEMORY,
    ),
    _break(
        "database is made anew from an empty one",
        "self._copy(self._template.database, self.url)",
        "isolation::commits_are_undone",
        new='self._copy("template1", self.url)',
        file=f"{HARNESS}/postgresql.py",
        backends=POSTGRESQL,
    ),
]
