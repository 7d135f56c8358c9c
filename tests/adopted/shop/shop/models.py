"""The tables."""

from sqlmodel import Field, Relationship, SQLModel


class Product(SQLModel, table=True):
    """Something that is sold."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=100)
    price: int = Field(gt=0)  # in cents
    stock: int = 0


class Order(SQLModel, table=True):
    """What a customer wants at once."""

    __tablename__ = "customer_order"

    id: int | None = Field(default=None, primary_key=True)
    customer: str = Field(index=True, max_length=100)
    is_paid: bool = False
    lines: list["OrderLine"] = Relationship(back_populates="order")


class OrderLine(SQLModel, table=True):
    """A product in an order."""

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    quantity: int = Field(gt=0)
    order: Order = Relationship(back_populates="lines")
    product: Product = Relationship()
