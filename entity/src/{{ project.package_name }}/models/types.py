"""Types of columns."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine


class Exact(TypeDecorator[Decimal]):
    """A decimal number of up to 18 digits, so many of them after the point.

    SQLite would keep it as a binary fraction, so there it is a whole number of its last
    places, as "Numeric" in SQLAlchemy's documentation of SQLite advises. Sums are to be
    divided by 10 to the power of these places there.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        super().__init__(digits, places)
        self.digits = digits
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what a database has for it."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.digits, self.places))

    def process_bind_param(
        self, value: Decimal | None, dialect: Dialect
    ) -> Decimal | int | None:
        """Return what is stored. Places that it does not have raise `ValueError`."""
        if value is None:
            return None
        whole = value.scaleb(self.places)
        if whole != whole.to_integral_value():
            msg = f"{value} has more than {self.places} decimal places"
            raise ValueError(msg)
        return int(whole) if dialect.name == "sqlite" else value

    def process_result_value(
        self, value: Decimal | int | None, dialect: Dialect
    ) -> Decimal | None:
        """Return what was stored."""
        if isinstance(value, int):
            return Decimal(value).scaleb(-self.places)
        return value
