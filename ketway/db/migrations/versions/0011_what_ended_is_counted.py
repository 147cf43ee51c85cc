"""What ended is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_jobs",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("creator_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["accounts.id"], name=op.f("fk_ended_jobs_creator_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ended_jobs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "creator_id", "door", "status", name=op.f("pk_ended_jobs")),
    )

    # By hand.
    op.execute(
        "INSERT INTO ended_jobs (project_id, creator_id, door, status, number) "
        "SELECT project_id, creator_id, door, status, COUNT(*) FROM jobs "
        "WHERE deleted_at IS NULL AND status IN ('done', 'failed', 'cancelled') "
        "GROUP BY project_id, creator_id, door, status"
    )
