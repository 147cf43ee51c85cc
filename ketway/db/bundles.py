"""Bundles: what waits together, counted by the index of waiting jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Integer, Select, and_, bindparam, false, func, select, text

from ketway.db.tables import WAITS, jobs
from ketway.domain.jobs import Job, JobId
from ketway.domain.queues import Sent
from ketway.domain.scheduling import Candidate

_LINE = ("platform_id", "priority", "project_id")


def sent(connection: Connection, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
    rows = connection.execute(_SENT, {"ids": list(ids)})
    return {row.id: Sent(last=row.last, qubits=row.qubits, shots=row.shots) for row in rows}


def count_behind(connection: Connection, after: Candidate, before: Job | None, most: int) -> int:
    asked: dict[str, Any] = {name: getattr(after, name) for name in (*_LINE, "created_at")} | {"most": most}
    if before is None:
        return int(connection.execute(_BEHIND, asked).scalar_one())
    until = {"until": before.created_at, "batch_id": before.batch_id, "position": before.position}
    between = int(connection.execute(_BETWEEN, asked | until).scalar_one())
    return min(between + int(connection.execute(_BESIDE, asked | until).scalar_one()), most)


def _sent() -> Select[Any]:
    here, other = jobs.alias("here"), jobs.alias("other")
    last = (
        select(other.c.position)
        .where(
            # As heads of batches are found, from the other end.
            text("other.status IN ('queued', 'running')"),
            text("other.status = 'queued'"),
            other.c.batch_id == here.c.batch_id,
        )
        .order_by(other.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        here.c.id, here.c.qubits, here.c.shots, func.coalesce(last, here.c.position).label("last")
    ).where(here.c.id.in_(bindparam("ids", expanding=True)))


def _is(column: Any, value: Any) -> Any:
    """As `==`, but PostgreSQL, which knows nothing of a batch that was just sent, is not to look through all
    of its jobs by the index of batches: it goes by the order of the index of what waits then."""
    return and_(column >= value, column <= value)


def _counted(*conditions: Any) -> Select[Any]:
    c = jobs.c
    found = (
        select(c.position)
        .where(WAITS, *[c[name] == _asked(name) for name in _LINE], c.is_held_back == false(), *conditions)
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )
    return select(func.count()).select_from(found)


def _asked(name: str, value: str | None = None) -> Any:
    return bindparam(value or name, type_=jobs.c[name].type)


_AFTER = jobs.c.created_at > _asked("created_at")
_SENT = _sent()
_BEHIND = _counted(_AFTER)
_BETWEEN = _counted(_AFTER, jobs.c.created_at < _asked("created_at", "until"))
_BESIDE = _counted(
    _is(jobs.c.created_at, _asked("created_at", "until")),
    _is(jobs.c.batch_id, _asked("batch_id")),
    jobs.c.position < _asked("position"),
)
