"""Which of the tests are run: by the plain command, with `--every`, and by a shard."""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest

Item = TypeVar("Item")


def plain(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return what is run without `--every`: nothing that is marked `every`.

    Of a test that is marked `one_of("name")`, one value of that parameter is enough
    for each of the others' values: one after the other, or always the `first`.
    """
    groups: dict[tuple[str, ...], list[pytest.Item]] = {}
    for item in items:
        if not item.get_closest_marker("every"):
            groups.setdefault(_group(item), []).append(item)
    kept, turns = set(), Counter[str]()
    for (test, *_), group in groups.items():
        mark = group[0].get_closest_marker("one_of")
        is_first = mark is not None and mark.kwargs.get("first", False)
        kept.add(group[0 if is_first else turns[test] % len(group)])
        turns[test] += 1
    return [item for item in items if item in kept]


def _group(item: pytest.Item) -> tuple[str, ...]:
    """Return the same for the items of which one is enough."""
    mark = item.get_closest_marker("one_of")
    if mark is None or not hasattr(item, "callspec"):
        return (item.nodeid,)
    parameters = item.callspec.params.items()
    others = [
        f"{name}={value!r}" for name, value in parameters if name not in mark.args
    ]
    return (item.nodeid.partition("[")[0], *others)


def shard(items: Sequence[Item], number: int, total: int) -> list[Item]:
    """Return the part of `items` that the machine `number` of 1 to `total` runs."""
    return list(items[number - 1 :: total])


def shard_of(text: str) -> tuple[int, int]:
    """Read what is given to `--shard`: `2/8` is the second of eight."""
    numbers = re.fullmatch(r"(\d+)/(\d+)", text)
    if not numbers or not 1 <= int(numbers[1]) <= int(numbers[2]):
        msg = f"{text!r} is not a shard: write 2/8 for the second of eight"
        raise argparse.ArgumentTypeError(msg)
    return int(numbers[1]), int(numbers[2])
