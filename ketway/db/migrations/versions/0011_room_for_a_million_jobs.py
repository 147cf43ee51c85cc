"""Room for a million jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
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
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_held_back", sa.Boolean(), server_default="0", nullable=False))
        batch_op.drop_index(batch_op.f("ix_jobs_waiting"), sqlite_where=sa.text("status = 'queued'"))
        batch_op.create_index(
            "ix_jobs_waiting",
            [
                "is_held_back",
                "platform_id",
                "priority",
                "project_id",
                "created_at",
                "batch_id",
                "position",
                "status",
            ],
            unique=False,
            sqlite_where=sa.text("status = 'queued'"),
            postgresql_where=sa.text("status = 'queued'"),
        )

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retention", sa.Text(), server_default="{}", nullable=False))

    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.add_column(sa.Column("project_id", sa.String(length=36), server_default="", nullable=False))
        batch_op.add_column(sa.Column("expired_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_results_kept",
            ["project_id", "created_at", "job_id", "size", "expired_at"],
            unique=False,
            sqlite_where=sa.text("expired_at IS NULL"),
            postgresql_where=sa.text("expired_at IS NULL"),
        )

    # By hand.
    op.execute(
        "INSERT INTO ended_jobs (project_id, creator_id, door, status, number) "
        "SELECT project_id, creator_id, door, status, COUNT(*) FROM jobs "
        "WHERE deleted_at IS NULL AND status IN ('done', 'failed', 'cancelled') "
        "GROUP BY project_id, creator_id, door, status"
    )
    op.execute(
        "UPDATE results SET project_id = (SELECT project_id FROM jobs WHERE jobs.id = results.job_id) "
        "WHERE project_id = ''"
    )
    jobs = sa.table("jobs", *map(sa.column, ("batch_id", "status", "is_held_back")))
    batches = sa.table("batches", *map(sa.column, ("id", "status", "slot_ends_at")))
    held = sa.select(batches.c.id).where(
        sa.or_(batches.c.status == "paused", batches.c.slot_ends_at.is_not(None))
    )
    waiting = jobs.c.status.in_(["queued", "running"])
    op.execute(sa.update(jobs).where(waiting, jobs.c.batch_id.in_(held)).values(is_held_back=sa.true()))
