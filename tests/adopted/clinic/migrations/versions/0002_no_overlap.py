"""A doctor has one patient at a time; and the specialties that there are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Only PostgreSQL has this, and no model says it: create_all() would miss it.
    op.execute(
        "ALTER TABLE appointment ADD CONSTRAINT one_at_a_time EXCLUDE USING gist "
        "(int4range(doctor_id, doctor_id, '[]') WITH &&, "
        "tstzrange(begins, ends) WITH &&)"
    )
    specialty = sa.table("specialty", sa.column("code"), sa.column("minutes"))
    rows = [{"code": "general", "minutes": 15}, {"code": "surgery", "minutes": 45}]
    op.bulk_insert(specialty, rows)


def downgrade() -> None:
    op.execute("DELETE FROM specialty")
    op.drop_constraint("one_at_a_time", "appointment")
