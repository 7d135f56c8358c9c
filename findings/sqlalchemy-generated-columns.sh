#!/usr/bin/env bash
# SQLAlchemy reads a generated column of SQLite wrongly, unless it stands on a line alone.
#
# One would guess: reflection gives the expression of a generated column, however the
# CREATE TABLE was laid out, and whether or not it says GENERATED ALWAYS, which is optional.
# What happens: the "expression" goes on to the end of the line, with the columns that
# follow, and it is empty where only AS was written.
#
# Seen with SQLAlchemy 2.1.9 and SQLite 3.40.1 on 2026-11-29. Output:
#   double: 'a * 2) STORED, triple INTEGER AS (a * 3), note TEXT DEFAULT (lower('X')'
#   triple: ''
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q sqlalchemy==2.1.9
cat >"$folder/program.py" <<'PYTHON'
from sqlalchemy import create_engine, inspect

with create_engine("sqlite://").begin() as connection:
    connection.exec_driver_sql(
        "CREATE TABLE item (a INTEGER, double INTEGER GENERATED ALWAYS AS (a * 2) STORED, "
        "triple INTEGER AS (a * 3), note TEXT DEFAULT (lower('X')))"
    )
    for column in inspect(connection).get_columns("item"):
        if "computed" in column:
            print(f"{column['name']}: '{column['computed']['sqltext']}'")
PYTHON
"$folder/env/bin/python" "$folder/program.py" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
double: 'a * 2) STORED, triple INTEGER AS (a * 3), note TEXT DEFAULT (lower('X')'
triple: ''
OUTPUT
