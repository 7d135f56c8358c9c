#!/usr/bin/env bash
# Uvicorn ends with status 0 where its workers could not start.
#
# One would guess: where an application's start-up fails, `uvicorn` ends with another status
# than 0, whether it serves in one process or in two, so that whoever started it is told.
# What happens: with one process the status is 3. With `--workers 2` each worker ends with
# 3, the parent ends, too, and its status is 0.
#
# Seen with Uvicorn 0.54.0 on 2026-11-29. Output:
#   one process: 3
#   two workers: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q uvicorn==0.54.0
cat >"$folder/program.py" <<'PYTHON'
async def app(scope, receive, send):
    """An application that has no settings."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no settings"})
PYTHON
cd "$folder"
{
    status=0
    env/bin/uvicorn program:app --port 0 2>log || status=$?
    echo "one process: $status"
    status=0
    timeout 60 env/bin/uvicorn program:app --port 0 --workers 2 2>>log || status=$?
    echo "two workers: $status"
} | tee output
diff - output <<'OUTPUT'
one process: 3
two workers: 0
OUTPUT
