"""Fair shares and quotas."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holdings",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_holdings_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_holdings")),
    )
    op.create_table(
        "shares",
        sa.Column("platform_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("used_s", sa.Double(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_shares_project_id")),
        sa.PrimaryKeyConstraint("platform_id", "project_id", name=op.f("pk_shares")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_batches_open",
            ["project_id"],
            unique=False,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_running"), sqlite_where=sa.text("status = 'running'"))
        batch_op.create_index(
            "ix_jobs_running",
            ["platform_id", "project_id", "started_at", "status"],
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
            ["platform_id", "priority", "project_id", "created_at", "batch_id", "position", "status"],
            unique=False,
            sqlite_where=sa.text("status = 'queued'"),
            postgresql_where=sa.text("status = 'queued'"),
        )

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight", sa.Double(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("quotas", sa.Text(), server_default="{}", nullable=False))

    # By hand.
    op.execute(
        "INSERT INTO holdings (project_id, bytes) SELECT project_id, SUM(size) FROM ("
        "SELECT project_id, size FROM programs UNION ALL "
        "SELECT jobs.project_id, results.size FROM results JOIN jobs ON jobs.id = results.job_id"
        ") AS kept GROUP BY project_id"
    )
