# fmt: off; isort: skip_file
"""Isolation by truncation on PostgreSQL: new rows are deleted."""

from . import postgresql_snapshot


class Changes(postgresql_snapshot.Changes):
    """Changes of a database: as by a snapshot, but sequences go on counting."""

    has_sequences = False
