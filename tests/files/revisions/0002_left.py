"""A branch."""

import sqlalchemy as sa
from alembic import op

revision = "0002_left"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table("on_the_left", sa.Column("a", sa.Integer()))


def downgrade() -> None:
    """Undo it."""
    op.drop_table("on_the_left")
