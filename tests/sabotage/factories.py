"""Breaks of the factories, most of them of either library's."""

from typing import Any

from . import HARNESS, IN_MEMORY, ONE_OF_EACH, Break

BASE = f"{HARNESS}/factories.py"
COMMITTED = "factories::objects_have_ids_and_are_committed"
MISUSE = "factories::misuse_is_refused"
RELATED = "made::related_objects_are_made_and_committed"


def of(library: str, what: str, old: str, noticed_by: str, **more: Any) -> Break:
    """Return a break of a library's base class, if `more` names no other file."""
    more = {"file": BASE, "backends": IN_MEMORY, "factories": library} | more
    return Break(f"{library}: {what}", old, noticed_by, **more)


def of_each(what: str, old: str, noticed_by: str, **more: Any) -> list[Break]:
    """Return the same break of each library's base class."""
    libraries = ("factory-boy", "polyfactory")
    return [of(library, what, old, noticed_by, **more) for library in libraries]


BREAKS = [
    *of_each(
        "objects are made in another session",
        "        session.add_all(made)\n",
        COMMITTED,
        new="        session = type(session)(session.bind)\n"
        "        session.add_all(made)\n",
    ),
    *of_each(
        "objects are not committed",
        "await session.commit()",
        COMMITTED,
        new="await session.flush()",
        backends=ONE_OF_EACH,
    ),
    *of_each(
        "objects are not flushed",
        "        await session.commit()\n",
        COMMITTED,
    ),
    *of_each(
        "sync session is not refused",
        "if not isinstance(session, AsyncSession):",
        MISUSE,
    ),
    *of_each(
        "call of the class is not refused",
        'raise TypeError(f"{msg}an object that is not saved.")',
        MISUSE,
        new="return None",
    ),
    *of_each(
        "seed is not shown",
        "if seed is not None:",
        "seeds::seed_is_shown",
        file=f"{HARNESS}/plugin.py",
        example=True,
        options=("-k", "seed_is_shown"),
        says="assert '--randomly-seed=' in",
    ),
    of(
        "factory-boy",
        "related objects are not made",
        "    project = factory.SubFactory(ProjectFactory)\n",
        RELATED,
        file="tests/factories.py",
        example=True,
    ),
    of(
        "factory-boy",
        "object and foreign key are accepted together",
        "if sum(map(bool, given)) > 1:",
        "made::misuse_is_refused",
        example=True,
    ),
    of(
        "polyfactory",
        "related objects are not made",
        "is_given = bool(columns & fields.keys())",
        RELATED,
        new="is_given = bool(columns)",
        example=True,
    ),
    of(
        "polyfactory",
        "object and foreign key are accepted together",
        "if columns & fields.keys() and name in fields:",
        "made::misuse_is_refused",
        example=True,
    ),
    of(
        "polyfactory",
        "default comes before what is declared",
        " and not is_declared",
        "made::declared_value_comes_before_the_default",
        example=True,
    ),
]
