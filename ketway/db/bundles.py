"""Bundles: what waits together, counted by the index of waiting jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, select

from ketway.db.lines import waits
from ketway.db.tables import BOOKED, PAUSED, WAITS, batches, jobs
from ketway.domain.jobs import Job, JobId
from ketway.domain.queues import Sent
from ketway.domain.scheduling import Candidate

_LINE = ("platform_id", "priority", "project_id")
_REQUEST = (*_LINE, "created_at", "batch_id")
#: Of more the places of the first and the last tell: how many of a large request were cancelled is not worth
#: to look at all of it.
_COUNTED = 200


def sent(connection: Connection, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
    return {
        row.id: Sent(
            count=row.number if row.number < _COUNTED else row.last - row.position + 1,
            qubits=row.qubits,
            shots=row.shots,
        )
        for row in connection.execute(_SENT, {"ids": list(ids)})
    }


def count_behind(connection: Connection, after: Candidate, before: Job | None, most: int) -> int:
    asked: dict[str, Any] = {name: getattr(after, name) for name in (*_LINE, "created_at")} | {"most": most}
    if before is None:
        return int(connection.execute(_BEHIND, asked).scalar_one())
    until = {"until": before.created_at, "batch_id": before.batch_id, "position": before.position}
    between = int(connection.execute(_BETWEEN, asked | until).scalar_one())
    return min(between + int(connection.execute(_BESIDE, asked | until).scalar_one()), most)


def _sent() -> Select[Any]:
    here = jobs.alias("here")
    first, last = _of_request(here, "first"), _of_request(here, "last")
    counted = first.with_only_columns(first.selected_columns.position).limit(_COUNTED).subquery()
    number = select(func.count()).select_from(counted).scalar_subquery()
    names = [name.desc() for name in last.selected_columns]
    final = last.with_only_columns(last.selected_columns.position).order_by(None).order_by(*names).limit(1)
    return select(
        here.c.id,
        here.c.position,
        here.c.qubits,
        here.c.shots,
        number.label("number"),
        final.scalar_subquery().label("last"),
    ).where(here.c.id.in_(bindparam("ids", expanding=True)))


def _of_request(here: Any, name: str) -> Select[Any]:
    """What waits of the request of a job, in the order of the index."""
    other = jobs.alias(name)
    columns = [other.c[name] for name in (*_REQUEST, "position")]
    # Of one request all are held back, or none: said, as the index begins with it.
    like = [other.c[name] == here.c[name] for name in ("is_held_back", *_REQUEST)]
    return select(*columns).where(waits(other), *like).order_by(*columns).correlate(here)


def _counted(*conditions: Any) -> Select[Any]:
    c = jobs.c
    free = [
        c.batch_id.not_in(select(batches.c.id).where(held, batches.c.platform_id == _asked("platform_id")))
        for held in (PAUSED, BOOKED)
    ]
    found = (
        select(c.position)
        .where(WAITS, *[c[name] == _asked(name) for name in _LINE], *free, *conditions)
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
    jobs.c.created_at == _asked("created_at", "until"),
    jobs.c.batch_id == _asked("batch_id"),
    jobs.c.position < _asked("position"),
)
