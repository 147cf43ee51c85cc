"""Which runs of servers stand on a database.

On PostgreSQL each holds a lock of its own name for as long as its connection lasts, so that nothing
need be tidied up after one that died.
"""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, text

#: First half of every such lock; the second is drawn from the name.
KIND = int.from_bytes(b"live")
#: Shared, as a connection that was lost may seem to stand a little longer.
HOLD = "SELECT pg_advisory_lock_shared($1, $2)"
_IS_FREE = text("SELECT pg_try_advisory_xact_lock(:kind, :number)")


def number_of(server: str) -> int:
    """Signed, as PostgreSQL's integers are."""
    return zlib.crc32(server.encode()) - 2**31


def stands(connection: Connection, server: str) -> bool:
    """Whether this run of a server, not the one that asks, still stands."""
    if connection.dialect.name == "sqlite":
        return False  # one server at a time has the folder
    is_free = connection.execute(_IS_FREE, {"kind": KIND, "number": number_of(server)}).scalar_one()
    return not is_free
