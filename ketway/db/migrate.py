"""Bring a database to the newest schema."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, bindparam, text

from ketway.db import learning_tables

MIGRATIONS = Path(__file__).parent / "migrations"

#: Number of the lock that whoever writes to PostgreSQL holds: "ketway".
WRITING = int.from_bytes(b"ketway")

#: Texts of some tables that are not compared byte by byte.
_COMPARED_OTHERWISE = text(
    "SELECT table_name, column_name, character_maximum_length AS most FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name IN :tables"
    " AND data_type IN ('character varying', 'text') AND collation_name IS DISTINCT FROM 'C'"
    " ORDER BY table_name"
).bindparams(bindparam("tables", expanding=True))


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run what migrations of a SQLite database are missing, all or none of them.

    Args:
        to: number of the last one to run.
    """
    with engine.connect() as connection:
        if _is_at(connection, to):
            return
        connection.rollback()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            _run(connection, to)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def upgrade_postgres(connection: Connection, to: str = "head") -> None:
    """As `upgrade`, on PostgreSQL; several processes may start at once."""
    if _is_at(connection, to):
        return
    connection.rollback()
    # A large table takes its time, and so does whoever is migrating already.
    for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")
    _run(connection, to)
    compare_by_bytes(connection)
    connection.commit()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _is_at(connection: Connection, to: str) -> bool:
    wanted = ScriptDirectory.from_config(_config()).as_revision_number(to)
    return MigrationContext.configure(connection).get_current_revision() == wanted


def _run(connection: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def compare_by_bytes(connection: Connection) -> None:
    """Make texts sort as their bytes do, as on SQLite, whatever language the database is in: ids are
    searched by their beginning, which is a range in no other order."""
    ours = list(learning_tables.learners.metadata.tables)
    found = connection.execute(_COMPARED_OTHERWISE, {"tables": ours}).all()
    for table, columns in groupby(found, key=lambda column: column.table_name):
        changes = [
            f'ALTER COLUMN "{column.column_name}" TYPE {_text_of(column.most)} COLLATE "C"'
            for column in columns
        ]
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')


def _text_of(most: int | None) -> str:
    return "text" if most is None else f"varchar({most})"
