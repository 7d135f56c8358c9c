# fmt: off; isort: skip_file
"""What SQLite's schema says, in a form in which two schemas can be compared.

SQLite keeps statements as they were written, and nothing else tells of its CHECK
constraints, collations, or what follows ON CONFLICT.
"""

import re
from itertools import pairwise

Definitions = dict[tuple[str, str], str]

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/"
    r"|('(?:[^']|'')*'|"
    r'"(?:[^"]|"")*"'
    r"|`[^`]*`|\[[^]]*]|\d[\d.]*e[+-]?\d+|[\w$.]+|->>?|[<>!=|]+|[^\s\w])",
    re.DOTALL | re.IGNORECASE,
)
_CONSTRAINTS = ("constraint", "primary", "unique", "check", "foreign", "references")
# What a part of a column's definition begins with, unless it follows one of the others.
_PARTS = {*_CONSTRAINTS, "as", "collate", "default", "generated", "not", "null"}
_INSIDE = {"always", "constraint", "default", "not", "set"}
_DEPTH = {"(": 1, ")": -1}


def normalized(sql: str) -> str:
    """Return `sql` without comments, capitals, quotes of names, and odd spaces."""
    return " ".join(tokens_of(sql))


def tokens_of(sql: str) -> list[str]:
    """Return the words, names, strings and signs of `sql`."""
    return [
        token if token[0] == "'" else token.strip('"`[]').lower()
        for token in _TOKEN.findall(sql)
        if token
    ]


def definitions_of(sql: str) -> Definitions:
    """Take a CREATE TABLE apart.

    The key of what belongs to a column is its name and a kind: `("title", "collate"):
    "collate nocase"`. A constraint, wherever it was written, is the key of its name:
    `("", "check ( a > 0 )"): "ck_task_a"`; and so is what is said of the whole table:
    `("", "strict"): ""`.
    """
    items, options = _split(tokens_of(sql))
    found: Definitions = {}
    for item in items:
        if item[0] in _CONSTRAINTS:
            _add(found, "", item)
        else:
            for part in _parts(item[1:]):
                _add(found, item[0], part)
    for option in " ".join(options).split(" , "):
        if option:
            found["", option] = ""
    return found


def _split(tokens: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return what the first brackets hold, between commas, and what follows them."""
    start, depth, items = tokens.index("(") + 1, 0, [list[str]()]
    for number, token in enumerate(tokens[start:], start):
        if depth == 0 and token == ")":
            return items, tokens[number + 1 :]
        if depth == 0 and token == ",":
            items.append([])
        else:
            items[-1].append(token)
        depth += _DEPTH.get(token, 0)
    return items, []


def _parts(tokens: list[str]) -> list[list[str]]:
    parts, depth, before = [["type"]], 0, ["", ""]
    for token, after in pairwise([*tokens, ""]):
        is_inside = before[1] in _INSIDE or before[0] == "constraint"
        is_first = depth == 0 and token in _PARTS and not is_inside
        if is_first and (token, after) != ("not", "deferrable"):
            parts.append([])
        parts[-1].append(token)
        depth += _DEPTH.get(token, 0)
        before = [before[1], token]
    return parts


def _add(found: Definitions, column: str, part: list[str]) -> None:
    name = ""
    if part[0] == "constraint":
        _, name, *part = part
    kind = part[0]
    if kind in _CONSTRAINTS:
        if column and kind == "references":
            part = ["foreign", "key", "(", column, ")", *part]
        elif column and kind != "check":
            end = part.index("key" if kind == "primary" else kind) + 1
            order = [word for word in part[end : end + 1] if word in ("asc", "desc")]
            part[end : end + len(order)] = ["(", column, *order, ")"]
        found["", " ".join(part)] = name
    elif kind in ("as", "generated"):
        part = part[part.index("as") :] + ["virtual"] * (part[-1] == ")")
        found[column, "generated"] = " ".join(part)
    elif kind == "default":
        found[column, kind] = _value(part[1:])
    elif kind != "null":
        found[column, kind] = " ".join(part)


def _value(tokens: list[str]) -> str:
    # Brackets make no difference to a default, nor do quotes to a number.
    while tokens[0] == "(" and not _split(tokens)[1]:
        tokens = tokens[1:-1]
    value = " ".join(tokens)
    return value.strip("'") if re.fullmatch(r"'[-+.\d]+'", value) else value
