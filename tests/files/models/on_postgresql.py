"""A model with what only PostgreSQL can hold."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from .base import Base


class Mood(StrEnum):
    """A mood."""

    SAD = "sad"
    GLAD = "glad"


class Word(sa.TypeDecorator[str]):
    """A type of the application's own."""

    impl = sa.String(30)
    cache_ok = True


def column(kind: Any, *args: Any, **options: Any) -> Any:
    """Return a field with a column of its own."""
    return Field(default=None, sa_column=sa.Column(kind, *args, **options))


class Native(Base, table=True):
    """All of it."""

    __table_args__ = (
        pg.ExcludeConstraint(("span", "&&"), name="no_overlap"),
        sa.UniqueConstraint("inet", deferrable=True, initially="DEFERRED"),
        sa.UniqueConstraint("cidr", postgresql_include=["mac"]),
        sa.CheckConstraint("collated <> ''", "is_not_empty"),
        sa.Index("ix_gin", "words", postgresql_using="gin"),
        sa.Index("ix_part", "collated", postgresql_where=sa.text("inet IS NOT NULL")),
        sa.Index("ix_operators", "mac", postgresql_include=["number"]),
        {"prefixes": ["UNLOGGED"]},
    )

    id: int = column(sa.Integer, sa.Identity(always=True, start=10), primary_key=True)
    words: Any = column(pg.ARRAY(sa.String(10)))
    own_words: Any = column(sa.ARRAY(Word()))
    lines: Any = column(pg.ARRAY(sa.Text, dimensions=2))
    document: Any = column(pg.JSONB)
    inet: Any = column(pg.INET)
    cidr: Any = column(pg.CIDR)
    mac: Any = column(pg.MACADDR)
    span: Any = column(pg.INT4RANGE)
    spans: Any = column(pg.TSTZMULTIRANGE)
    vector: Any = column(pg.TSVECTOR)
    uuid: Any = column(pg.UUID, server_default=sa.text("gen_random_uuid()"))
    length: Any = column(pg.INTERVAL(precision=3))
    at: Any = column(pg.TIMESTAMP(timezone=True, precision=3))
    bits: Any = column(pg.BIT(3))
    mood: Any = column(pg.ENUM(Mood, name="mood"))
    moods: Any = column(pg.ARRAY(sa.Enum(Mood, name="mood")))
    money: Any = column(pg.MONEY)
    collated: Any = column(sa.String(30, collation="C"))
    number: int = column(sa.Integer, sa.Identity())
    computed: Any = column(sa.Integer, sa.Computed("number * 2", persisted=True))
    numbers: Any = column(pg.ARRAY(sa.Integer), server_default="{}")
    more: Any = column(pg.JSONB, server_default=sa.text("'{}'::jsonb"))
