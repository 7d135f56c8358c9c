# fmt: off; isort: skip_file
"""What a virtual connection gives away: cursors, and the driver's own connection."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from .transactions import Layer, Transaction


class VirtualCursor:
    """A cursor of the real connection, whose statements belong to a virtual one."""

    mine: Transaction | None = None  # whose stream it is
    layer: Layer | None = None

    def __init__(self, virtual: Any, cursor: Any) -> None:
        vars(self).update(_virtual=virtual, _cursor=cursor)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cursor, name)
        if name.startswith("fetch") and self._cursor.server_side:
            return lambda *args: self._virtual.fetch(self, partial(value, *args))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._cursor, name, value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def execute(self, statement: str, parameters: Any = None) -> Any:
        """Execute a statement."""
        call = partial(self._cursor.execute, statement, parameters)
        return self._virtual.run(call, statement, parameters, self)

    def executemany(self, statement: str, parameters: Any) -> Any:
        """Execute a statement for each of many parameters."""
        call = partial(self._cursor.executemany, statement, parameters)
        return self._virtual.run(call, statement, None, self)


class Driver:
    """A driver's connection that is lent to whoever asks for more than its state."""

    def __init__(self, virtual: Any) -> None:
        self._virtual = virtual

    def __getattr__(self, name: str) -> Any:
        if name == "in_transaction":
            return self._virtual.real.kind.adapted.driver_connection.in_transaction
        return getattr(self._virtual.lend(), name)
