"""Breaks of the isolation by recreation."""

from functools import partial

from . import HARNESS, ONE_OF_EACH, Break

_break = partial(Break, file=f"{HARNESS}/isolation_recreate.py", isolation="recreate")

BREAKS = [
    _break(
        "database is not put back",
        "await self._database.restore()",
        "pass",
        "isolation::commits_are_undone",
    ),
    _break(
        "tables are not created",
        "        await create_tables(self._database.engine)\n",
        "",
        "isolation::commits_are_undone",
        backends=ONE_OF_EACH,
        says="probe",
    ),
]
