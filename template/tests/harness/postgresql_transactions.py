# fmt: off; isort: skip_file
"""What virtual connections need of PostgreSQL."""

import itertools
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy.util.concurrency import await_only, greenlet_spawn

from .queries import START, is_read
from .real import fetch, finish
from .transactions import UNKNOWN, Effect, Transaction, Writes

_FLAGS = re.DOTALL | re.IGNORECASE
_NAME = r'(?:"?\w+"?\.)?"?(\w+)'
# What would end the transaction, needs one of its own, or waits for a real commit.
_REFUSED = re.compile(
    rf"{START}(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION|LISTEN|NOTIFY|"
    r"SET\s+(LOCAL\s+|SESSION\s+CHARACTERISTICS\s+AS\s+)?TRANSACTION)\b|.*\bpg_notify\s*\(",
    _FLAGS,
)
# What the connection keeps when the transaction has ended.
_KEPT = re.compile(
    rf"{START}(SET\b(?!\s+(LOCAL|CONSTRAINTS))|RESET|PREPARE|LOAD|CREATE\s+(\w+\s+)?TEMP)|"
    r".*(\bWITH\s+HOLD\b|\bpg_(try_)?advisory_(?!xact)|\bset_config\s*\(.*\bfalse\b)",
    _FLAGS,
)
_ENDS = re.compile(rf"{START}DECLARE\b|.*\bON\s+COMMIT\s+D", _FLAGS)
_SET = re.compile(rf"{START}(SET|RESET)\b", _FLAGS)
_CONTROL = re.compile(rf"{START}(SAVEPOINT|RELEASE|ROLLBACK)\b", _FLAGS)
_WRITE = re.compile(
    rf"{START}(INSERT|UPDATE|DELETE)(?:\s+INTO|\s+FROM)?\s+(?:ONLY\s+)?{_NAME}"
    r"(?!.*\bON\s+CONFLICT\b)",
    _FLAGS,
)
_LOCK = re.compile(
    rf"{START}SELECT\b(?!.*(\bJOIN\b|\bINTO\b|;)).*\bFROM\s+(?:ONLY\s+)?{_NAME}\"?"
    r"(?:\s(?!.*,.*\bWHERE\b).*|\s)\bFOR\s+(NO\s|KEY\s|UPDATE|SHARE)",
    _FLAGS,
)
_EXCLUDES = re.compile(
    rf"{START}(?:TRUNCATE|LOCK|(?:ALTER|DROP)\s+TABLE)\s+(?:TABLE\s+)?(?:ONLY\s+)?"
    rf"(?:IF\s+EXISTS\s+)?{_NAME}",
    _FLAGS,
)
_LOCAL = re.compile(rf'{START}SET\s+LOCAL\s+([\w."]+)', _FLAGS)
_LOCAL_CALL = re.compile(
    r"\bset_config\s*\((?:\s*(?:'([\w.]+)'|\$(\d+)|%\((\w+)\)s))?", _FLAGS
)
_OTHER_NAMES = {"time": "timezone", "schema": "search_path"}
_UNCLEAR = {"", "session", "names", "seed", "xml"}
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_CALL = re.compile(r'(\w+)"?\s*\(')
# Functions that may write or lock, and whether they may set something.
_VOLATILE = (
    "SELECT lower(proname), bool_or(prosrc ~* 'set_config|set\\s+local') FROM pg_proc "
    "WHERE provolatile = 'v' AND (proname ~ '^lo|advisory' OR pronamespace <> "
    "'pg_catalog'::regnamespace) AND lower(proname) IN ({}) GROUP BY 1"
)
_CASCADES = (
    "SELECT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal) OR EXISTS (SELECT "
    "FROM pg_constraint WHERE confupdtype IN ('c', 'n', 'd'))"
)
_DEFERRED = (
    "SELECT CASE WHEN condeferred THEN format('%I.%I', nspname, conname) END FROM "
    "pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace "
    "WHERE condeferrable"
)


@lru_cache
def _effect_of(statement: str) -> Effect:
    bare = _LITERAL.sub("''", statement)
    parts = [part for part in bare.split(";") if part.strip()]
    if len(parts) > 1 and not re.match(rf"{START}(CREATE|DO)\b", bare, _FLAGS):
        is_refused = any(_SET.match(p) or _CONTROL.match(p) for p in parts)
        effects = [_effect_of(part) for part in parts]
        reads = not any(effect.writes for effect in effects)
        is_refused |= any(effect.is_refused or effect.ends for effect in effects)
        return Effect(None if reads else UNKNOWN, is_refused=is_refused)
    writes: Writes | None = None
    if _SET.match(bare):
        writes = "SET", ""
    elif not is_read(bare) and not _CONTROL.match(bare):
        found = _WRITE.match(bare)
        writes = (found[1].upper(), found[2].lower()) if found else UNKNOWN
        if found := _LOCK.match(bare):
            writes = "UPDATE", found[2].lower()
    excludes = _EXCLUDES.match(bare)
    return Effect(
        writes,
        excludes=excludes[1] if excludes else "",
        ends=_ENDS.match(bare) is not None,
        is_kept=_KEPT.match(bare) is not None,
        is_refused=_REFUSED.match(bare) is not None,
    )


class Transactions:
    """Transactions of PostgreSQL, and what is set in one only."""

    aborts = True

    def __init__(self) -> None:
        self._deferred: list[str | None] | None = None
        self._cascades: bool | None = None
        self._volatile: dict[str, bool | None] = {}
        self._number, self._has_changed = itertools.count(), False
        self.adapted: Any = None

    @asynccontextmanager
    async def begun(self, connect: Any) -> AsyncIterator[None]:
        """Have a transaction for the block, which begins when it is needed."""
        self.adapted, self._connect = None, connect
        self.forget()
        self._has_changed = False  # so that a rollback changes the schema, too
        self._usual: dict[str, str] = {}  # settings without SET LOCAL
        self._applied: Transaction | None = None  # whose settings are in force
        yield

    def begin(self) -> None:
        """Begin it, unless that has been done."""
        if self.adapted is None:
            self.adapted = finish(self._connect())
            finish(greenlet_spawn(self._begin))

    def _begin(self) -> None:
        # Psycopg does that before a statement. SQLAlchemy does it for asyncpg, but does
        # not notice if the BEGIN is cancelled.
        if start := getattr(self.adapted, "_start_transaction", None):
            await_only(start())

    def _restart(self) -> None:
        self.adapted.rollback()
        self._begin()

    def _ask(self, query: str) -> list[Any]:
        found: list[Any] = finish(greenlet_spawn(fetch, self.adapted, query))
        return found

    def effect_of(self, statement: str, parameters: Any) -> Effect:
        """Return what a statement does; a function may write unless it says not to."""
        effect = _effect_of(statement)
        if settings := _local_names(statement, parameters):
            if effect.is_kept or _UNCLEAR.intersection(settings):
                return replace(effect, writes=("SET", ""), is_kept=True, ends=True)
            writes = None if effect.writes == ("SET", "") else effect.writes
            return replace(effect, writes=writes, sets=tuple(settings))
        if effect.writes:
            return effect
        names = set(_CALL.findall(statement.lower()))
        if new := names - self._volatile.keys():
            listed = ", ".join(f"'{name}'" for name in new)
            found = dict(map(tuple, self._ask(_VOLATILE.format(listed))))
            self._volatile |= {name: found.get(name) for name in new}
        volatile = {name for name in names if self._volatile[name] is not None}
        if not volatile:
            return effect
        may_set = any(self._volatile[name] for name in volatile)
        only_locks = all(name.startswith("pg_") for name in volatile)
        writes = ("ADVISORY", "") if only_locks else UNKNOWN
        return replace(
            effect, writes=writes, is_kept=may_set or effect.is_kept, ends=may_set
        )

    def enter(self, mine: Transaction, effect: Effect) -> None:
        """Make the connection what it is for a transaction, before a statement."""
        if mine.has_failed:
            with suppress(Exception):  # so that the statement fails as it should
                self._ask("ABORT THIS")
            return
        if self._usual and self._applied is not mine:
            values = {**self._usual, **mine.settings}
            # Another role might not be allowed to set the others.
            role = {"role": values.pop("role")} if "role" in values else {}
            calls = ["set_config('role', 'none', true)"] if role else []
            for name, value in {**values, **role}.items():
                quoted = value.replace("'", "''")
                calls.append(f"set_config('{name}', '{quoted}', true)")
            self._ask(f"SELECT {', '.join(calls)}")
        self._applied = mine
        for name in set(effect.sets).difference(self._usual):
            self._usual[name] = self._setting(name)

    def leave(self, mine: Transaction, effect: Effect) -> None:
        """Note what a statement has set for its transaction."""
        mine.settings |= {name: self._setting(name) for name in effect.sets}

    def _setting(self, name: str) -> str:
        [(value,)] = self._ask(f"SELECT current_setting('{name}', true)")
        return value or ""

    def forget(self, *, schema: bool = False) -> None:
        """Take note that what is set, or the schema, may be another one now."""
        self._applied = None
        self._has_changed |= schema
        if self._has_changed:
            self._deferred, self._cascades, self._volatile = None, None, {}

    def cascades(self) -> bool:
        """Return whether a statement may lock what it does not name."""
        if self._cascades is None:
            [(self._cascades,)] = self._ask(_CASCADES)
        return bool(self._cascades)

    def defers(self) -> bool:
        """Return whether a commit may have to check constraints."""
        if self._deferred is None:
            self._deferred = [name for (name,) in self._ask(_DEFERRED)]
        return bool(self._deferred)

    def check(self) -> None:
        """Check them; raise what a commit would raise."""
        self.adapted.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        if names := [name for name in self._deferred or () if name]:
            self.control(f"SET CONSTRAINTS {', '.join(names)} DEFERRED")

    def control(self, *statements: str, restart: bool = False) -> None:
        """Send statements, or first begin another transaction instead of this one."""
        if restart:
            finish(greenlet_spawn(self._restart))
        if statements:
            # For a text that it knows, psycopg would not notice that a rollback has
            # undone statements that it takes for prepared.
            sql = f"{'; '.join(statements)} -- {next(self._number)}"
            finish(self.adapted.driver_connection.execute(sql))

    def state_of(self, error: BaseException) -> str | None:
        """Return the SQLSTATE of an error of the server's."""
        cause: Any = error.__cause__ or error  # asyncpg's, which SQLAlchemy has wrapped
        by_server = getattr(getattr(cause, "diag", cause), "severity", None)
        return str(cause.sqlstate) if by_server else ""

    def has_begun(self) -> bool:
        """Return whether there is a transaction for the driver, or will be one."""
        driver = self.adapted.driver_connection
        return bool(not self.commits() or driver.is_in_transaction())

    def commits(self) -> bool:
        """Return whether the driver, by itself, commits each statement."""
        return hasattr(self.adapted.driver_connection, "is_in_transaction")  # asyncpg's


def _local_names(statement: str, parameters: Any) -> list[str]:
    if found := _LOCAL.match(statement):
        name = found[1].replace('"', "")
        return [_OTHER_NAMES.get(name.lower(), name)]
    names = []
    for literal, position, key in _LOCAL_CALL.findall(statement):
        if position or key:
            literal = str(parameters[int(position) - 1 if position else key])
        names.append(literal)
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    if names and any(value is False for value in values or ()):
        names.append("")  # for the session
    return names
