"""Breaks of the isolation by recreation."""

from functools import partial

from . import HARNESS, ONE_OF_EACH, Break

_break = partial(Break, file=f"{HARNESS}/isolation_recreate.py", isolation="recreate")

BREAKS = [
    _break(
        "database is not put back",
        "await self._database.restore(problems)",
        "isolation::commits_are_undone",
        new="pass",
    ),
    _break(
        "tables are not created",
        "            await connection.run_sync(metadata.create_all, checkfirst=False)",
        "isolation::commits_are_undone",
        new="            pass",
        backends=ONE_OF_EACH,
        says="probe",
    ),
]
