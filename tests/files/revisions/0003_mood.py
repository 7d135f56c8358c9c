"""An enum."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.execute("CREATE TYPE mood AS ENUM ('sad')")
    op.execute("CREATE TABLE felt (mood mood)")


def downgrade() -> None:
    """Undo it."""
    op.execute("DROP TABLE felt")
    op.execute("DROP TYPE mood")
