#!/usr/bin/env bash
# A suite with a tests/conftest.py ends as soon as pytest-alembic is installed.
#
# One would guess: a plugin for pytest that is installed, but not used, changes nothing.
# What happens: with pytest 9.2 the run ends with an AttributeError while tests are
# collected, since the plugin makes a collector of its own beside the conftest.
#
# Seen with pytest-alembic 0.13.1 and pytest 9.2.0 on 2026-11-29. Output:
#   1 passed
#   AttributeError: 'TestCollector' object has no attribute '_nodeid'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q pytest==9.2.0
mkdir -p "$folder/suite/tests"
cd "$folder/suite"
touch tests/conftest.py
echo "def test_one(): ..." >tests/test_one.py
run() {
    { "$folder/env/bin/python" -m pytest tests 2>&1 || true; } |
        grep -oE "1 passed|AttributeError: '.*'" | sort -u | tail -n 1
}
{
    run
    "$folder/env/bin/pip" install -q pytest-alembic==0.13.1 pytest==9.2.0
    run
} | tee "$folder/output"
diff - "$folder/output" <<'OUTPUT'
1 passed
AttributeError: 'TestCollector' object has no attribute '_nodeid'
OUTPUT
