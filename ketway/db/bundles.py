"""Bundles: what waits together, counted by the index of waiting jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Integer, Select, and_, bindparam, func, or_, select

from ketway.db.lines import waits
from ketway.db.tables import BOOKED, PAUSED, WAITS, batches, jobs
from ketway.domain.jobs import Job, JobId
from ketway.domain.queues import Sent
from ketway.domain.scheduling import Candidate

_LINE = ("platform_id", "priority", "project_id")
_REQUEST = (*_LINE, "created_at", "batch_id")


def sent(connection: Connection, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
    rows = connection.execute(_SENT, {"ids": list(ids)})
    return {row.id: Sent(count=row.number, qubits=row.qubits, shots=row.shots) for row in rows}


def count_behind(connection: Connection, after: Candidate, before: Job | None, most: int) -> int:
    asked: dict[str, Any] = {name: getattr(after, name) for name in _REQUEST} | {"most": most}
    if before is None:
        return int(connection.execute(_BEHIND, asked).scalar_one())
    until = {
        "until": before.created_at,
        "until_batch": before.batch_id,
        "until_position": before.position,
    }
    return int(connection.execute(_BETWEEN, asked | until).scalar_one())


def _sent() -> Select[Any]:
    here, beside = jobs.alias("here"), jobs.alias("beside")
    number = (
        select(func.count())
        .select_from(beside)
        .where(waits(beside), *[beside.c[name] == here.c[name] for name in _REQUEST])
        .scalar_subquery()
    )
    return select(here.c.id, here.c.qubits, here.c.shots, number.label("number")).where(
        here.c.id.in_(bindparam("ids", expanding=True))
    )


def _behind(*, has_end: bool) -> Select[Any]:
    c = jobs.c

    def asked(name: str, value: str | None = None) -> Any:
        return bindparam(value or name, type_=c[name].type)

    conditions: list[Any] = [
        WAITS,
        *[c[name] == asked(name) for name in _LINE],
        *[
            c.batch_id.not_in(select(batches.c.id).where(held, batches.c.platform_id == asked("platform_id")))
            for held in (PAUSED, BOOKED)
        ],
        # Of what follows, the index finds this alone.
        c.created_at >= asked("created_at"),
        or_(c.created_at > asked("created_at"), c.batch_id > asked("batch_id")),
    ]
    if has_end:
        same = and_(
            c.created_at == asked("created_at", "until"), c.batch_id == asked("batch_id", "until_batch")
        )
        conditions += [
            c.created_at <= asked("created_at", "until"),
            or_(
                c.created_at < asked("created_at", "until"),
                and_(
                    c.created_at == asked("created_at", "until"),
                    c.batch_id < asked("batch_id", "until_batch"),
                ),
                and_(same, c.position < asked("position", "until_position")),
            ),
        ]
    found = select(c.position).where(*conditions).limit(bindparam("most", type_=Integer)).subquery()
    return select(func.count()).select_from(found)


_SENT = _sent()
_BEHIND = _behind(has_end=False)
_BETWEEN = _behind(has_end=True)
