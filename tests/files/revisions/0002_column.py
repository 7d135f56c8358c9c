"""A column that nothing reads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("task") as batch:
        batch.add_column(sa.Column("unread", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("task") as batch:
        batch.drop_column("unread")
