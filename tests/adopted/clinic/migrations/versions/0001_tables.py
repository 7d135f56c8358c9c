"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "specialty",
        sa.Column("code", sa.String(20), primary_key=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
    )
    op.create_table(
        "doctor",
        sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("specialty_code", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["specialty_code"], ["specialty.code"]),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient", sa.String(100), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"]),
    )


def downgrade() -> None:
    for table in ("appointment", "doctor", "specialty"):
        op.drop_table(table)
