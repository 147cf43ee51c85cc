"""Processes and what they find."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_results",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("process_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["process_id"], ["processes.id"], name=op.f("fk_process_results_process_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_results")),
    )
    with op.batch_alter_table("process_results", schema=None) as batch_op:
        batch_op.create_index("uq_process_results_position", ["process_id", "position"], unique=True)

    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("process_id", sa.String(length=36), nullable=True))
        batch_op.create_index(
            "ix_batches_process",
            ["process_id"],
            unique=False,
            sqlite_where=sa.text("process_id IS NOT NULL"),
            postgresql_where=sa.text("process_id IS NOT NULL"),
        )

    with op.batch_alter_table("processes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tags", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("platform_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("progress", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("message", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("echo", sa.Text(), server_default="{}", nullable=False))
