"""Breaks of the isolation by truncation."""

from functools import partial

from . import HARNESS, POSTGRESQL, SQLITE, Break

_break = partial(Break, file=f"{HARNESS}/isolation_truncate.py", isolation="truncate")
in_sqlite = partial(_break, file=f"{HARNESS}/sqlite.py", backends=SQLITE)
in_postgresql = partial(_break, file=f"{HARNESS}/postgresql.py", backends=POSTGRESQL)

BREAKS = [
    _break(
        "rows are not deleted",
        "await self._database.empty(problems)",
        "isolation::commits_are_undone",
        new="pass",
    ),
    in_sqlite(
        "table of the probes is forgotten",
        'self._names("table")',
        "isolation::commits_are_undone",
        new='[n for n in self._names("table") if "probe" not in n]',
        example=True,
    ),
    in_sqlite(
        "rows that every test finds are deleted",
        " if not rows[table]]",
        "isolation::rows_that_every_test_finds_are_put_back",
        new="]",
    ),
    in_sqlite(
        "changes of rows that every test finds stay",
        "self._rows(table) != rows for table",
        "isolation::rows_that_every_test_finds_are_put_back",
        new="False for table",
    ),
    in_postgresql(
        "rows that every test finds are deleted",
        'await self._query(f"SELECT 1 FROM {table} LIMIT 1")',
        "isolation::rows_that_every_test_finds_are_put_back",
        new="False",
    ),
    in_postgresql(
        "changes of rows that every test finds stay",
        "                self._tables.append(table)\n",
        "isolation::rows_that_every_test_finds_are_put_back",
        new="                pass\n",
    ),
    in_sqlite(
        "changed schema stays",
        'self._schema != self._pragma("schema_version")',
        "isolation::schema_changes_are_undone",
        new="False",
    ),
    in_sqlite(
        "triggers are not seen",
        "            self._triggers\n            or ",
        "triggers::change_is_counted",
        new="            ",
    ),
    in_postgresql(
        "table of the probes is forgotten",
        "            else:\n                self._deletions",
        "isolation::commits_are_undone",
        new='            elif table != "probe":\n                self._deletions',
        example=True,
    ),
    in_postgresql(
        "changed schema stays",
        "or differs or",
        "isolation::schema_changes_are_undone",
        new="or",
    ),
    in_postgresql(
        "statements that may change the schema are not seen",
        "self._may_differ |= not is_plain(statement)",
        "schema",
        new="pass",
    ),
    in_postgresql(
        "changes of the schema by a driver are not seen",
        'query = f"SELECT * FROM ({SCHEMA}) AS schema, ({query}) AS rows"',
        "schema",
        new="pass",
    ),
    in_postgresql(
        "changes are not seen",
        "return bool(self._position == position)",
        "isolation::commits_are_undone",
        new="return True",
    ),
]
