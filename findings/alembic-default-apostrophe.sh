#!/usr/bin/env bash
# Alembic always finds a difference in a default with an apostrophe.
#
# One would guess: a table made by `create_all()` is what the metadata say, also where a
# server default is `it's`, which SQLAlchemy writes into SQL as it has to be.
# What happens: on SQLite Alembic proposes to change the default, each time. It puts quotes
# around the text and does not double the one inside. (On PostgreSQL it sends such a text to
# the server, which answers with a syntax error.)
#
# Seen with Alembic 1.20.1, SQLAlchemy 2.1.9 and SQLite 3.40.1 on 2026-11-29. Output:
#   its: 0 differences
#   it's: 1 differences
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q alembic==1.20.1 sqlalchemy==2.1.9
cat >"$folder/program.py" <<'PYTHON'
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, String, Table, create_engine

for default in ("its", "it's"):
    metadata = MetaData()
    Table("item", metadata, Column("name", String, server_default=default))
    with create_engine("sqlite://").begin() as connection:
        metadata.create_all(connection)
        options = {"compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        print(f"{default}: {len(compare_metadata(context, metadata))} differences")
PYTHON
"$folder/env/bin/python" "$folder/program.py" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
its: 0 differences
it's: 1 differences
OUTPUT
