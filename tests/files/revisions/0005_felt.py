"""A row that has the value."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.execute("INSERT INTO felt VALUES ('glad')")


def downgrade() -> None:
    """Undo it."""
    op.execute("DELETE FROM felt")
