#!/usr/bin/env bash
# Alembic's own function for comparing defaults cannot be given where a column is computed.
#
# One would guess: with a function as `compare_server_default` that returns None, which
# leaves the comparison to Alembic, the result is the same as with True.
# What happens: AttributeError, as soon as a table has a computed column. Before it calls
# the function, Alembic takes the text of the column's default, and Computed has none; with
# True, a comparison of computed columns comes first.
#
# Seen with Alembic 1.20.1 and SQLAlchemy 2.1.9 on 2026-11-29. Output:
#   True: 0 differences
#   function: AttributeError: 'Computed' object has no attribute 'arg'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q alembic==1.20.1 sqlalchemy==2.1.9
cat >"$folder/program.py" <<'PYTHON'
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Computed, Integer, MetaData, Table, create_engine

metadata = MetaData()
Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("double", Integer, Computed("id * 2", persisted=True)),
)
with create_engine("sqlite://").begin() as connection:
    metadata.create_all(connection)
    for name, compare in (("True", True), ("function", lambda *_: None)):
        options = {"compare_server_default": compare}
        context = MigrationContext.configure(connection, opts=options)
        try:
            print(f"{name}: {len(compare_metadata(context, metadata))} differences")
        except AttributeError as error:
            print(f"{name}: AttributeError: {error}")
PYTHON
"$folder/env/bin/python" "$folder/program.py" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
True: 0 differences
function: AttributeError: 'Computed' object has no attribute 'arg'
OUTPUT
