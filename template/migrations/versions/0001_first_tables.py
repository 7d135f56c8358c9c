"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(length=50), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("handle", name=op.f("uq_worker_handle")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("parent_task_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "parent_task_id <> id", name=op.f("ck_task_parent_is_another_task")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["worker.id"], name=op.f("fk_task_created_by_id_worker")
        ),
        sa.ForeignKeyConstraint(
            ["parent_task_id"],
            ["task.id"],
            name=op.f("fk_task_parent_task_id_task"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_task_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_created_by_id"), "task", ["created_by_id"])
    op.create_index(op.f("ix_task_parent_task_id"), "task", ["parent_task_id"])
    op.create_index(op.f("ix_task_project_id"), "task", ["project_id"])
    visible = sa.text("deleted_at IS NULL")
    for name, columns in (
        ("ix_task_id", ["id"]),
        ("ix_task_project_id_task_id", ["project_id", "id"]),
        ("ix_task_status_task_id", ["status", "id"]),
        ("ix_task_project_id_task_status_task_id", ["project_id", "status", "id"]),
    ):
        op.create_index(
            op.f(name),
            "task",
            columns,
            postgresql_where=visible,
            sqlite_where=visible,
        )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("task")
    op.drop_table("worker")
    op.drop_table("project")
