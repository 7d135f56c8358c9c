"""Types of fields that several schemas have."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints


def _refuse_all_but_numbers(value: object) -> object:
    if isinstance(value, bool | str):
        msg = "not a number"
        raise ValueError(msg)
    return value


# As JSON Schema has it: 1 or 1.0, but neither "1" nor true.
NUMERIC = BeforeValidator(_refuse_all_but_numbers)
# What fits into an INTEGER of PostgreSQL.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
NumericId = Annotated[Id, NUMERIC]

# What nobody sees: Unicode's categories Cc, Cf, Zs, Zl and Zp, the code points that are
# ignorable by default, and the blank of braille. It is written out because not all who
# read the JSON schema know \p, and none of them \s in the same way.
INVISIBLE = (
    r"\u0000-\u0020\u007F-\u00A0\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F"
    r"\u0890-\u0891\u08E2\u115F-\u1160\u1680\u17B4-\u17B5\u180B-\u180F\u2000-\u200F"
    r"\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)


def text(max_length: int) -> StringConstraints:
    """Return what a line of text has to be: neither blank to the eye, nor too long.

    It has no NUL either, which PostgreSQL cannot store.
    """
    return StringConstraints(
        max_length=max_length,
        min_length=1,
        pattern=rf"^[^\u0000]*[^{INVISIBLE}][^\u0000]*$",
        strip_whitespace=True,
    )
