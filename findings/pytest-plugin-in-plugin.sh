#!/usr/bin/env bash
# A plugin of pytest's that another one registers has the weaker fixtures, or the stronger.
#
# One would guess: whoever is registered later overrides fixtures of the same name, so a
# plugin wins over the one that registers it, however it does that.
# What happens: named in `pytest_plugins` it wins. Registered in `pytest_addhooks`, the
# first hook and the place for it, it loses: that hook runs in the middle of the outer
# plugin's registration, so the inner one's is complete, and announced, before it.
#
# Seen with pytest 9.2.0 on 2026-11-29. Output:
#   pytest_plugins: inner
#   pytest_addhooks: outer
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q pytest==9.2.0
cd "$folder"
fixture() {
    printf 'import pytest\n@pytest.fixture\ndef plugin():\n    return "%s"\n' "$1"
}
fixture inner >inner.py
{
    fixture outer
    printf 'pytest_plugins = ["inner"]\n'
} >named.py
{
    fixture outer
    printf 'def pytest_addhooks(pluginmanager):\n    pluginmanager.import_plugin("inner")\n'
} >registered.py
printf 'def test_it(plugin):\n    print("it is", plugin)\n' >test_it.py
winner() {
    PYTHONPATH=. env/bin/python -m pytest -q -s -p "$1" test_it.py | sed -n 's/^it is //p'
}
output="pytest_plugins: $(winner named)
pytest_addhooks: $(winner registered)"
echo "$output"
[[ $output == $'pytest_plugins: inner\npytest_addhooks: outer' ]] || {
    echo "This has changed." >&2
    exit 1
}
