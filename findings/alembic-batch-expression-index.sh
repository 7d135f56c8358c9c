#!/usr/bin/env bash
# In batch mode, Alembic creates an index of an expression, unless something else changes.
#
# One would guess: what a batch creates does not depend on what else is in it, so an index
# of `lower(name)` is created, whether or not a column gets another type beside it.
# What happens: alone, the index is created. Together with a change that makes the table
# anew on SQLite there is a KeyError: the index is made again from the names of its
# columns, and the expression is taken for one.
#
# Seen with Alembic 1.20.1, SQLAlchemy 2.1.9 and SQLite 3.40.1 on 2026-11-29. Output:
#   alone: CREATE INDEX lower_name ON item (lower(name))
#   with a change of type: KeyError: 'lower(name)'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q alembic==1.20.1 sqlalchemy==2.1.9
cat >"$folder/program.py" <<'PYTHON'
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import String, create_engine, literal_column

for name in ("alone", "with a change of type"):
    with create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (name VARCHAR(10))")
        operations = Operations(MigrationContext.configure(connection))
        try:
            with operations.batch_alter_table("item") as batch:
                batch.create_index("lower_name", [literal_column("lower(name)")])
                if name != "alone":
                    batch.alter_column("name", type_=String(20))
            query = "SELECT sql FROM sqlite_schema WHERE type = 'index'"
            print(f"{name}: {connection.exec_driver_sql(query).scalar()}")
        except KeyError as error:
            print(f"{name}: KeyError: {error}")
PYTHON
"$folder/env/bin/python" "$folder/program.py" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
alone: CREATE INDEX lower_name ON item (lower(name))
with a change of type: KeyError: 'lower(name)'
OUTPUT
