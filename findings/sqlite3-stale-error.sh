#!/usr/bin/env bash
# A value that sqlite3 cannot bind raises the error of an earlier statement.
#
# One would guess: sqlite3.ProgrammingError, "Error binding parameter 1: type 'object' is
# not supported", as on a new connection.
# What happens: if an earlier statement of the connection has failed, and this one is in
# the cache of statements, the earlier error is raised again: another class, and a
# message about a function that this statement does not name.
#
# Seen with CPython 3.11.7, 3.12.1 and 3.13.0 (SQLite 3.40.1) on 2026-11-29; no package is
# needed. Output:
#   OperationalError: no such function: absent
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/program.py" <<'PYTHON'
import sqlite3

connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE item (name TEXT)")
query = "SELECT name FROM item WHERE name = ?"
connection.execute(query, ("a",)).fetchall()
for statement, values in (("SELECT absent(1)", ()), (query, (object(),))):
    try:
        connection.execute(statement, values)
    except sqlite3.Error as error:
        last = f"{type(error).__name__}: {error}"
print(last)
PYTHON
output=$(python3 "$folder/program.py")
echo "$output"
[[ $output == "OperationalError: no such function: absent" ]] || {
    echo "This has changed." >&2
    exit 1
}
