# fmt: off; isort: skip_file
"""SQLite's schema, described so that two of them can be compared."""

from migrations.support.definitions import definitions_of, normalized
from sqlalchemy import Connection, MetaData

Schema = dict[tuple[str, str], str]

QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


def describe(connection: Connection) -> Schema:
    """Return what the schema has, by table, and what SQLite says of each thing.

    What belongs to no table has the table "".
    """
    found = {}
    for kind, name, table, sql in connection.exec_driver_sql(QUERY):
        if table in ("alembic_version", "sqlite_sequence"):
            continue
        if kind != "table":
            owner = "" if kind == "view" else table
            found[owner, f"{kind} {name}"] = normalized(sql)
            continue
        for (column, what), value in definitions_of(sql).items():
            if column:
                found[table, f"{what} of {column}"] = value
            else:
                found[table, what] = f"named {value}" if value else "without a name"
    return found


def describe_models(connection: Connection, metadata: MetaData) -> Schema:
    """Return the same of what the models would make instead of their tables."""
    tables = [each for each in metadata.sorted_tables if not each.info.get("is_view")]
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    for kind, name, *_ in connection.exec_driver_sql(QUERY).all():
        if kind in ("table", "view") and name != "sqlite_sequence":
            connection.exec_driver_sql(f'DROP {kind} IF EXISTS "{name}"')
    metadata.create_all(connection, tables)
    found = describe(connection)
    connection.rollback()
    connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    return found
