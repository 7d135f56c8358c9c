"""Types of fields. What is valid can be stored, and JSON Schema tells what that is."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from annotated_types import GroupedMetadata
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    JsonValue,
    WithJsonSchema,
)

from .fields import NUMERIC


@dataclass(frozen=True)
class Written(GroupedMetadata):
    """What is a text in JSON. Pydantic takes numbers, too, and what looks like them."""

    pattern: str
    is_described: bool = True  # else by a format that is well known

    def __iter__(self) -> Iterator[Any]:
        """Yield what Pydantic has to do."""
        yield BeforeValidator(self._check)
        if self.is_described:
            yield WithJsonSchema({"type": "string", "pattern": f"^({self.pattern})$"})

    def _check(self, value: object) -> object:
        is_text = isinstance(value, str)
        if isinstance(value, int | float) or (
            is_text and not re.fullmatch(self.pattern, str(value), re.ASCII)
        ):
            msg = f"not a text like {self.pattern}"
            raise ValueError(msg)
        return value


def exact(digits: int, places: int) -> Written:
    """Return what a decimal number has to be: so many digits, and places of them."""
    fraction = rf"(\.\d{{1,{places}}})?" if places else ""
    return Written(rf"-?\d{{1,{digits - places}}}{fraction}")


def _check_json(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    json.dumps(value, allow_nan=False)
    return value


Integer = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), NUMERIC]
# What JSON can carry: readers may have no other numbers than IEEE 754 has.
BigInteger = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1), NUMERIC]
Float = Annotated[float, Field(allow_inf_nan=False), NUMERIC]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_check_json)]

Date = Annotated[date, Written(r"\d{4}-\d\d-\d\d", is_described=False)]
# In UTC it has to be a date that Python knows, too.
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
Timestamp = Annotated[
    AwareDatetime,
    Field(ge=FIRST, le=LAST),
    Written(r"\d{4}-\d\d-\d\d[Tt ].+", is_described=False),
]
# Of a day, without a zone.
Time = Annotated[time, Written(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?")]
# As ISO 8601 has it, in years of 365 days, without months and weeks.
_DAYS = r"(\d{1,3}Y)?(\d{1,5}D)?"
_SECONDS = r"\d{1,2}(\.\d{1,6})?S"
_HOURS = rf"T(\d{{1,2}}H(\d{{1,2}}M)?({_SECONDS})?|\d{{1,2}}M({_SECONDS})?|{_SECONDS})"
Interval = Annotated[
    timedelta,
    Written(rf"P({_DAYS}{_HOURS}|(\d{{1,3}}Y)?\d{{1,5}}D|\d{{1,3}}Y)"),
]
