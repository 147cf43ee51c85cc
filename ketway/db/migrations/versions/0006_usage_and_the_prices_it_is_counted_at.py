"""Usage, and the prices it is counted at."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform_id", sa.String(length=36), nullable=False),
        sa.Column("prices", sa.String(length=80), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("circuits", sa.BigInteger(), nullable=False),
        sa.Column("shots", sa.BigInteger(), nullable=False),
        sa.Column("computed", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_usage_project_id")),
        sa.PrimaryKeyConstraint("project_id", "day", "platform_id", "prices", name=op.f("pk_usage")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("prices", sa.String(length=80), server_default="0 0 0 EUR", nullable=False)
        )
        batch_op.add_column(sa.Column("held_from", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("held", sa.BigInteger(), server_default=sa.text("0"), nullable=False))

    with op.batch_alter_table("platform_states", schema=None) as batch_op:
        batch_op.add_column(sa.Column("prices", sa.String(length=80), nullable=True))

    # By hand.
    op.execute("UPDATE batches SET held_from = started_at WHERE status IN ('active', 'stopping')")
