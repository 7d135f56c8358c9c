#!/usr/bin/env bash
# A row whose commit a listener has refused is stored by the next commit, in spite of a
# rollback() in between.
#
# One would guess: if a listener of the event "commit" raises an error, the transaction is
# still open, or rolled back, and rollback() undoes it, as when COMMIT itself fails.
# What happens: SQLAlchemy takes its transaction for ended before the listener runs. The
# driver's goes on, rollback() has nothing to do, the next statement joins what is open,
# and the next commit stores all of it.
#
# Seen with SQLAlchemy 2.1.9 and sqlite3 on 2026-11-30. Output:
#   refused: not now
#   after rollback(), the driver is in a transaction: True
#   stored: ['refused', 'wanted']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q sqlalchemy==2.1.9
cat >"$folder/program.py" <<'PYTHON'
from sqlalchemy import create_engine, event, text

engine = create_engine("sqlite:///database.db")
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE entry (name TEXT)"))


def refuse(connection):
    raise ValueError("not now")


event.listen(engine, "commit", refuse)
with engine.connect() as connection:
    connection.execute(text("INSERT INTO entry VALUES ('refused')"))
    try:
        connection.commit()
    except ValueError as error:
        print("refused:", error)
    connection.rollback()
    is_open = connection.connection.driver_connection.in_transaction
    print("after rollback(), the driver is in a transaction:", is_open)
    event.remove(engine, "commit", refuse)
    connection.execute(text("INSERT INTO entry VALUES ('wanted')"))
    connection.commit()
with engine.connect() as connection:
    print("stored:", connection.scalars(text("SELECT name FROM entry")).all())
PYTHON
cd "$folder"
env/bin/python program.py | tee output
diff - output <<'OUTPUT'
refused: not now
after rollback(), the driver is in a transaction: True
stored: ['refused', 'wanted']
OUTPUT
