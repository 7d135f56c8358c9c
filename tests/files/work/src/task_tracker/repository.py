"""What Python 3.12 has another syntax for."""

from typing import Generic, TypeAlias, TypeVar

Item = TypeVar("Item")
Names: TypeAlias = list[str]


class Repository(Generic[Item]):
    """Items by their names."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def names(self) -> Names:
        """Return the names."""
        return sorted(self.items)


def first(items: list[Item]) -> Item:
    """Return the first item."""
    return items[0]
