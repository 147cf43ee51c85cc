"""Alembic's entry: runs migrations on the connection it is given."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from ketway.db import ended_tables, learning_tables


def plain_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our column types as the plain ones beneath, so that old migrations never change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


# The metadata of all tables, which every file of theirs completes.
_ALL = ended_tables.ended_jobs.metadata
assert _ALL is learning_tables.learners.metadata
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=_ALL,
    render_as_batch=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
