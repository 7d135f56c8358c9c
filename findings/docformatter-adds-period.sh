#!/usr/bin/env bash
# docformatter ends strings with a period that are no docstrings.
#
# One would guess: it changes docstrings, which are the first statement of a module, class
# or function, and no other string, so a program does the same afterwards.
# What happens: a triple-quoted string that begins a line inside a list or a call is taken
# for one. It loses its last space and gets a period, so an SQL statement that was put
# together from two is no longer valid. The same string after ` = ` is left alone.
#
# Seen with docformatter 1.7.8 on 2026-11-29, the same with --black. Output:
#   before: SELECT name FROM item WHERE id = 1
#   after: SELECT name FROM item.WHERE id = 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q docformatter==1.7.8
cat >"$folder/program.py" <<'PYTHON'
"""A query in two parts."""

query = "".join(
    [
        """SELECT name FROM item """,
        """WHERE id = 1""",
    ]
)
print(query)
PYTHON
{
    echo "before: $("$folder/env/bin/python" "$folder/program.py")"
    # Its status is 3 where it has changed something.
    "$folder/env/bin/docformatter" --in-place "$folder/program.py" 2>&1 || test $? = 3
    echo "after: $("$folder/env/bin/python" "$folder/program.py")"
} | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
before: SELECT name FROM item WHERE id = 1
after: SELECT name FROM item.WHERE id = 1
OUTPUT
