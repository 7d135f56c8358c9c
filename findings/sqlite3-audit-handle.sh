#!/usr/bin/env bash
# sqlite3's audit event for a new connection hands over one that cannot be used yet.
#
# One would guess: "sqlite3.connect/handle" gives a hook the connection so that it can set
# something up, such as a limit or an authorizer, before anybody else has it.
# What happens: whatever the hook calls raises ProgrammingError, as __init__ is not through,
# and with it connect() fails. The documentation calls the argument connection_handle.
#
# Seen with Python 3.11.7 (SQLite 3.40.1) on 2026-11-29. Output:
#   the hook gets a Connection
#   ProgrammingError: Base Connection.__init__ not called.
# It uses the standard library of the python3 in PATH alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/program.py" <<'PYTHON'
import sqlite3
import sys


def hook(event, arguments):
    if event == "sqlite3.connect/handle":
        [connection] = arguments
        print("the hook gets a", type(connection).__name__)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


sys.addaudithook(hook)
try:
    sqlite3.connect(":memory:")
    print("no error")
except sqlite3.Error as error:
    print(f"{type(error).__name__}: {error}")
PYTHON
python3 "$folder/program.py" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
the hook gets a Connection
ProgrammingError: Base Connection.__init__ not called.
OUTPUT
