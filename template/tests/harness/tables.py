# fmt: off; isort: skip_file
"""The tables of the models, for want of migrations."""

from sqlalchemy import Connection

NO_TABLE = (
    "The tests have the tables of the models that derive from `Base` and that "
    "`models/__init__.py` imports."
)


def create_schema(connection: Connection) -> None:
    """Create all tables."""
    from .application import metadata  # late: the guard comes before it

    metadata.create_all(connection)
