"""Countries: a migration that inserts rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
    country = op.create_table(
        "country",
        sa.Column("code", sa.String(2), primary_key=True),
        sa.Column("name", sa.String(50)),
    )
    rows = [{"code": "de", "name": "Germany"}, {"code": "fr", "name": "France"}]
    op.bulk_insert(country, rows)
