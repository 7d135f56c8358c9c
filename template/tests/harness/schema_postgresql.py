# fmt: off; isort: skip_file
"""PostgreSQL's schema, described so that two of them can be compared."""

import re

from sqlalchemy import Connection, MetaData, text

Schema = dict[tuple[str, str], str]

# What belongs to PostgreSQL, to extensions and to Alembic is left out.
QUERY = """
WITH ours AS (
    SELECT c.oid::regclass::text AS name, c.* FROM pg_class c
    WHERE NOT starts_with(relnamespace::regnamespace::text, 'pg_')
    AND relnamespace <> 'information_schema'::regnamespace
    AND relname <> 'alembic_version' AND NOT EXISTS (
        SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
), tables AS (
    SELECT * FROM ours WHERE relkind IN ('r', 'p')
), sequences AS (
    SELECT seqrelid, concat_ws(' ', format_type(seqtypid, NULL), 'START', seqstart,
        'INCREMENT', seqincrement, 'MINVALUE', seqmin, 'MAXVALUE', seqmax,
        CASE WHEN seqcycle THEN 'CYCLE' END) AS options,
        (SELECT refobjid FROM pg_depend WHERE objid = seqrelid AND refobjsubid > 0
        AND deptype IN ('a', 'i')) AS owner FROM pg_sequence
), columns AS (
    SELECT name, quote_ident(attname) AS attname, a.attidentity, a.attgenerated,
        pg_get_expr(adbin, adrelid) AS value, concat_ws(' ',
        format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> typcollation
        THEN 'COLLATE ' || attcollation::regcollation END,
        CASE WHEN attnotnull THEN 'NOT NULL' END) AS definition,
        pg_get_serial_sequence(name, attname)::regclass AS sequence
    FROM tables JOIN pg_attribute a ON attrelid = tables.oid AND attnum > 0
    JOIN pg_type t ON t.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE NOT attisdropped
)
SELECT name, 'table', concat_ws(' ', relkind, relpersistence, reloptions::text,
    pg_get_partkeydef(oid)) FROM tables
UNION ALL SELECT name, 'column ' || attname, concat_ws(' ', definition,
    CASE WHEN attgenerated <> '' THEN concat(attgenerated, ' AS ', value) END,
    CASE WHEN attidentity <> '' THEN concat(attidentity, ' IDENTITY ', options) END)
    FROM columns LEFT JOIN sequences ON seqrelid = sequence
UNION ALL SELECT name, 'default of ' || attname,
    CASE WHEN sequence IS NULL THEN value ELSE 'the next number' END
    FROM columns WHERE value <> '' AND attgenerated = ''
UNION ALL SELECT name, 'constraint ' || quote_ident(conname),
    pg_get_constraintdef(k.oid)
    FROM tables JOIN pg_constraint k ON conrelid = tables.oid
    WHERE contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL SELECT tables.name, 'index ' || ours.name, pg_get_indexdef(ours.oid) ||
    CASE WHEN indisvalid THEN '' ELSE ' (not valid)' END
    FROM ours JOIN pg_index ON indexrelid = ours.oid
    JOIN tables ON tables.oid = indrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL SELECT name, 'trigger ' || quote_ident(tgname), pg_get_triggerdef(t.oid)
    FROM tables JOIN pg_trigger t ON tgrelid = tables.oid WHERE NOT tgisinternal
UNION ALL SELECT '', 'view ' || name, concat(relkind, pg_get_viewdef(oid))
    FROM ours WHERE relkind IN ('v', 'm')
UNION ALL SELECT '', 'sequence ' || name, options
    FROM ours JOIN sequences ON seqrelid = oid WHERE owner IS NULL
UNION ALL SELECT '', 'type ' || enumtypid::regtype,
    string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum GROUP BY enumtypid
UNION ALL SELECT '', 'type ' || t.oid::regtype, concat_ws(' ',
    format_type(typbasetype, typtypmod), CASE WHEN typnotnull THEN 'NOT NULL' END,
    typdefault, (SELECT string_agg(pg_get_constraintdef(oid), ' ' ORDER BY conname)
    FROM pg_constraint WHERE contypid = t.oid))
    FROM pg_type t WHERE typtype = 'd' AND typnamespace = ANY (
    SELECT relnamespace FROM ours UNION SELECT 'public'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
"""


_HAS_SQL = re.compile("constraint|index|default")
_CAST = re.compile(
    r"::(?:character varying|bit varying|double precision|\w+ with(?:out)? time zone"
    r'|[\w."]+)(?:\([\d,]+\))?(?:\[\])*'
)
_BRACKETS = re.compile(r"""(?<!\w)\(('(?:[^']|'')*'|[\w."]+|ARRAY\[[^][]*\])\)""")
DROP = text(
    "SELECT concat('DROP ', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN "
    "'MATERIALIZED VIEW' ELSE 'TABLE' END, ' ', CAST(oid AS regclass), ' CASCADE') "
    "FROM pg_class WHERE oid = to_regclass(:name)"
)

NAME = text("SELECT CAST(to_regclass(:name) AS text)")
DROP_ENUMS = text(
    "SELECT concat('DROP TYPE ', CAST(oid AS regtype), ' CASCADE') FROM pg_type t "
    "WHERE typtype = 'e' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid "
    "AND deptype = 'e')"
)


def describe(connection: Connection) -> Schema:
    """Return what the schema has, by table, and what PostgreSQL says of each thing.

    What belongs to no table has the table "".
    """
    rows = connection.exec_driver_sql(QUERY)
    return {
        (table, what): _plain(definition) if _HAS_SQL.match(what) else definition
        for table, what, definition in rows
    }


def describe_models(connection: Connection, metadata: MetaData) -> Schema:
    """Return the same of what the models would make instead of their tables."""
    tables = [each for each in metadata.sorted_tables if not each.info.get("is_view")]
    format_table = connection.dialect.identifier_preparer.format_table
    for table in tables:
        if sql := connection.scalar(DROP, {"name": format_table(table)}):
            connection.exec_driver_sql(sql)
    for sql in connection.scalars(DROP_ENUMS).all():
        connection.exec_driver_sql(sql)
    metadata.drop_all(connection)  # what is left: sequences
    metadata.create_all(connection, tables)
    names = {connection.scalar(NAME, {"name": format_table(each)}) for each in tables}
    found = describe(connection)
    return {key: found[key] for key in found if key[0] in {"", *names}}


def _plain(definition: str) -> str:
    """Return a definition without casts, and the brackets that come with them.

    PostgreSQL writes others when a column's type has changed, or SQL comes from itself.
    """
    definition = _CAST.sub("", definition)
    while (shorter := _BRACKETS.sub(r"\1", definition)) != definition:
        definition = shorter
    return definition
