"""A value of an enum."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.execute("ALTER TYPE mood ADD VALUE 'glad'")


def downgrade() -> None:
    """Say that PostgreSQL cannot undo it."""
    raise NotImplementedError
