"""Invoices: a model that a project's user adds."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column
from sqlmodel import Field

from .base import Base, string_enum, utc_now


class State(StrEnum):
    """Where an invoice stands."""

    OPEN = "open"
    PAID = "paid"


class Invoice(Base, table=True):
    """An invoice."""

    id: int = Field(default=None, primary_key=True)
    number: str = Field(max_length=20, unique=True)
    state: State = Field(sa_column=Column(string_enum(State), nullable=False))
    parent_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    sent_at: datetime = Field(default_factory=utc_now)
