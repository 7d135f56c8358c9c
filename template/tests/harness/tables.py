# fmt: off; isort: skip_file
"""The tables of the models, for want of migrations."""

from sqlalchemy import Connection

NO_TABLE = (
    "The tests have the tables of all models that application.py of the harness "
    "imports, itself or through a package: is this one's module among them?"
)


def create_schema(connection: Connection) -> None:
    """Create all tables."""
    from .application import metadata  # late: the guard comes before it

    metadata.create_all(connection)
