# fmt: off; isort: skip_file
"""What factories need, whichever library makes the objects."""

from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import MANYTOONE


def advice(name: str) -> str:
    """Return how to make an object with the factory `name`."""
    return f"`await {name}.create(session)`"


@cache
def references(model: Any) -> dict[str, set[str]]:
    """Return the relationships to one object, each with its foreign key's fields."""
    mapper = inspect(model)
    return {
        one.key: {mapper.get_property_by_column(c).key for c in one.local_columns}
        for one in mapper.relationships
        if one.direction is MANYTOONE
    }
