"""Jinja that renders once for all answers that make no difference.

What a render depends on is what it reads, and that is written down meanwhile: there
is no list of what depends on what, which could be wrong.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from jinja2 import Environment
from jinja2.runtime import Context

Result = TypeVar("Result")
Variables = Mapping[str, Any]


class Reader(Context):
    """Jinja's context; it writes down the names that are read, also by includes."""

    names: ClassVar[set[str]] = set()

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name."""
        self.names.add(key)
        return super().resolve_or_missing(key)


class Remembered(Generic[Result]):
    """A function that is called once for equal values of the names that it reads."""

    def __init__(self, function: Callable[[Variables], Result]) -> None:
        self._function = function
        self._results: dict[tuple[str, ...], dict[str, Result]] = {}

    def __call__(self, variables: Variables) -> Result:
        """Return what the function returns, or has returned."""
        for names, results in self._results.items():
            values = repr([variables.get(name) for name in names])
            if values in results:
                Reader.names.update(names)
                return results[values]
        before = {*Reader.names}
        Reader.names.clear()
        result = self._function(variables)
        # What Copier adds to the answers is the same for all.
        read = {name for name in Reader.names if not name.startswith("_")}
        names = tuple(sorted(read & variables.keys()))
        Reader.names.update(before)
        values = repr([variables.get(name) for name in names])
        self._results.setdefault(names, {})[values] = result
        return result


class RememberedTemplate:
    """A template that is rendered once for equal values of what it reads."""

    def __init__(self, environment: Environment, source: object) -> None:
        if not isinstance(source, str):
            raise TypeError(source)  # Jinja's way, and Copier's of asking
        self._render = Remembered(Environment.from_string(environment, source).render)

    def render(self, *args: Variables, **kwargs: Any) -> str:
        """Render the template, as Jinja's own method does."""
        return self._render(dict(*args, **kwargs))
