"""Settings of the database."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FORMAT = "DO $$ BEGIN EXECUTE format('ALTER {} %I SET {}', current_database()); END $$"


def upgrade() -> None:
    """Make the change."""
    op.execute("CREATE SCHEMA reports")
    op.execute(FORMAT.format("DATABASE", "search_path = reports, public"))
    op.execute(FORMAT.format("DATABASE", "application_name = ''a, b=c''"))
    op.execute(FORMAT.format("ROLE CURRENT_USER IN DATABASE", "work_mem = ''7MB''"))


def downgrade() -> None:
    """Undo it, but for the settings, which are not the schema's."""
    op.execute("DROP SCHEMA reports")
