"""Breaks of the isolation by snapshot."""

from functools import partial

from . import HARNESS, IN_MEMORY, POSTGRESQL, SQLITE, Break

_break = partial(Break, file=f"{HARNESS}/isolation_snapshot.py", isolation="snapshot")
in_sqlite = partial(_break, file=f"{HARNESS}/sqlite.py", backends=SQLITE)
in_postgresql = partial(_break, file=f"{HARNESS}/postgresql.py", backends=POSTGRESQL)

PREPARE = "        await self._prepare(self.engine)\n"

BREAKS = [
    _break(
        "database is not put back",
        "await self._database.restore(problems)",
        "isolation::commits_are_undone",
        new="pass",
    ),
    in_sqlite(
        "database is not saved",
        "        self._anchor.backup(self._saved)\n",
        "isolation::commits_are_undone",
        backends=IN_MEMORY,
    ),
    in_sqlite(
        "database is saved without tables",
        "        self._anchor.backup(self._saved)\n",
        "isolation::commits_are_undone",
        new="        self._blank.backup(self._saved)\n",
        backends=IN_MEMORY,
    ),
    in_sqlite(
        "changes are not seen",
        "if self._is_unchanged():",
        "isolation::commits_are_undone",
        new="if True:",
    ),
    in_sqlite(
        "connections do not notice that the schema was put back",
        "if version == self._schema:",
        "isolation::schema_changes_are_undone",
        new="if True:",
        # Alone, both of its runs are given the same connection.
        options=("-k", "schema_changes"),
    ),
    in_postgresql(
        "database is not saved",
        "        await self._copy(self.url.database, self._template)\n",
        "isolation::commits_are_undone",
        says="does not exist",
    ),
    in_postgresql(
        "database is saved without tables",
        f"{PREPARE}        await self._copy(self.url.database, self._template)\n",
        "isolation::commits_are_undone",
        new=f"        await self._copy(self.url.database, self._template)\n{PREPARE}",
    ),
    in_postgresql(
        "database is put back from an empty one",
        "self._copy(self._template.database, self.url)",
        "isolation::commits_are_undone",
        new='self._copy("template1", self.url)',
    ),
    in_postgresql(
        "changes are not seen",
        "return bool(self._position == position)",
        "isolation::commits_are_undone",
        new="return True",
    ),
]
