"""Indexed."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; `-x name=…` gives the table its name."""
    name = context.get_x_argument(as_dictionary=True).get("name", "indexed")
    op.create_table(name, sa.Column("a", sa.Integer()))
    with op.get_context().autocommit_block():
        op.create_index(f"ix_{name}_a", name, ["a"], postgresql_concurrently=True)


def downgrade() -> None:
    """Undo it."""
    op.drop_table("indexed")
