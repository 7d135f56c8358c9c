"""Both branches."""

revision = "0006"
down_revision = ("0002_left", "0002")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing."""


def downgrade() -> None:
    """Do nothing."""
