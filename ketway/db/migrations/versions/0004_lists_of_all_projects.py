"""Lists of all projects."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index("ix_batches_created", ["created_at", "id", "door", "deleted_at"], unique=False)
        batch_op.create_index(
            "ix_batches_undone",
            ["status", "created_at", "id", "project_id", "door", "deleted_at"],
            unique=False,
            sqlite_where=sa.text("status <> 'done'"),
            postgresql_where=sa.text("status <> 'done'"),
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_created", ["created_at", "id", "door", "deleted_at"], unique=False)
        batch_op.create_index(
            "ix_jobs_undone",
            ["status", "created_at", "id", "project_id", "door", "deleted_at"],
            unique=False,
            sqlite_where=sa.text("status <> 'done'"),
            postgresql_where=sa.text("status <> 'done'"),
        )
