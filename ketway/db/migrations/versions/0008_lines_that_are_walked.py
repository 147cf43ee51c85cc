"""Lines that are walked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_running"), sqlite_where=sa.text("status = 'running'"))
        batch_op.create_index(
            "ix_jobs_running",
            ["platform_id", "project_id", "started_at"],
            unique=False,
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )
        batch_op.drop_index(
            batch_op.f("ix_jobs_unfinished"), sqlite_where=sa.text("status IN ('queued', 'running')")
        )
        batch_op.create_index(
            "ix_jobs_unfinished",
            ["batch_id", "position"],
            unique=False,
            sqlite_where=sa.text("status IN ('queued', 'running')"),
            postgresql_where=sa.text("status IN ('queued', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_jobs_waiting"), sqlite_where=sa.text("status = 'queued'"))
        batch_op.create_index(
            "ix_jobs_waiting",
            ["platform_id", "priority", "project_id", "created_at", "batch_id", "position"],
            unique=False,
            sqlite_where=sa.text("status = 'queued'"),
            postgresql_where=sa.text("status = 'queued'"),
        )
