#!/usr/bin/env bash
# Pydantic writes a duration of more than a year, and a time of day, in a way that its own
# JSON Schema forbids.
#
# One would guess: what `model_dump_json()` gives validates against `model_json_schema()` of
# the same model, also where a validator looks at formats.
# What happens: the schema says "duration" and "time", which JSON Schema takes from RFC 3339.
# There a year is followed by months, if by anything before the T: `P1Y35D` is none. And
# a time has an offset from UTC: `12:00:00`, of a time without a zone, is none.
#
# Seen with Pydantic 2.14.3, and with jsonschema-rs 0.60.3, on 2026-11-30. Output:
#   begin: "12:00:00" is not a "time"
#   length: "P1Y35D" is not a "duration"
#   300 days: ['begin']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q pydantic==2.14.3 jsonschema-rs==0.60.3
cat >"$folder/program.py" <<'PYTHON'
import json
from datetime import time, timedelta

import jsonschema_rs
from pydantic import BaseModel


class Event(BaseModel):
    begin: time
    length: timedelta


event = Event(begin=time(12), length=timedelta(days=400))
schema = Event.model_json_schema(mode="serialization")
validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
errors = validator.iter_errors(json.loads(event.model_dump_json()))
print(*sorted(f"{e.instance_path[0]}: {e.message}" for e in errors), sep="\n")
short = Event(begin=time(12), length=timedelta(days=300))
errors = validator.iter_errors(json.loads(short.model_dump_json()))
print("300 days:", [e.instance_path[0] for e in errors])
PYTHON
cd "$folder"
env/bin/python program.py | tee output
diff - output <<'OUTPUT'
begin: "12:00:00" is not a "time"
length: "P1Y35D" is not a "duration"
300 days: ['begin']
OUTPUT
