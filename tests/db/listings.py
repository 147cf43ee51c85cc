"""Every list that a client may ask for, with each filter alone, the usual ones together, every order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.priorities import Priority
from ketway.services.listing import BatchFilter, Filter, JobFilter, Order, Page, ProcessFilter
from ketway.services.ports import Work
from tests.db.filling import ACCOUNTS, DOORS, PLATFORMS, PROJECTS, Filled

Ask = Callable[[Work], Awaitable[Any]]

#: How clients read the jobs of a batch, over and over.
IN_ORDER = Page(order=Order.POSITION, descending=False)
NEWEST = Page()
ORDERS = {
    "batches": [Order.CREATED, Order.UPDATED, Order.STARTED, Order.ENDED, Order.STATUS, Order.NAME],
    "jobs": [
        Order.CREATED,
        Order.UPDATED,
        Order.STARTED,
        Order.ENDED,
        Order.STATUS,
        Order.SHOTS,
        Order.POSITION,
        Order.NAME,
        Order.PLATFORM,
        Order.BATCH_NAME,
    ],
    "processes": [Order.CREATED, Order.UPDATED, Order.STARTED, Order.ENDED, Order.STATUS],
}


def lists_of(filled: Filled, actor: Actor, newest: Page = NEWEST) -> Mapping[str, Ask]:
    """By what is asked; newest first unless it says otherwise."""
    found: dict[str, Ask] = {}
    for noun, filters in _filters(filled).items():
        for name, filter in filters.items():
            found[f"{noun} by {name}"] = _list(noun, actor, filter, newest)
        for order in ORDERS[noun]:
            for descending in (True, False):
                page = Page(order=order, descending=descending)
                way = "down" if descending else "up"
                found[f"{noun} ordered by {order.value}, {way}"] = _list(
                    noun, actor, filters["nothing"], page
                )
    of_batch = JobFilter(batch_ids=(filled.batch.id,))
    found["jobs of a batch in creation order"] = _list("jobs", actor, of_batch, IN_ORDER)
    found["the queue of a device"] = lambda work: work.batches.queue(actor, PLATFORMS[0], Page())
    return found


def _list(noun: str, actor: Actor, filter: Filter, page: Page) -> Ask:
    return lambda work: getattr(work, noun).list(actor, filter, page)


def _filters(filled: Filled) -> Mapping[str, Mapping[str, Filter]]:
    since = filled.now - timedelta(days=7)
    batch, job = BatchFilter(), JobFilter()
    return {
        "batches": _common(batch, filled.batch.id, since)
        | {
            "device": replace(batch, platform_ids=PLATFORMS[:2]),
            "status": replace(batch, statuses=(BatchStatus.DONE, BatchStatus.FAILED)),
            "living": replace(batch, statuses=(BatchStatus.QUEUED, BatchStatus.ACTIVE)),
            "paused": replace(batch, statuses=(BatchStatus.PAUSED,)),
            "open": replace(batch, is_open=True),
            "priority": replace(batch, priorities=(Priority.HIGH,)),
            "tag": replace(batch, tags=("paper",)),
            "jobs": replace(batch, min_jobs=20, max_jobs=50),
            "project and status": replace(
                batch, project_ids=PROJECTS[:1], statuses=(BatchStatus.DONE,), created_from=since
            ),
        },
        "jobs": _common(job, filled.job.id, since)
        | {
            "batch": replace(job, batch_ids=(filled.batch.id,)),
            "status": replace(job, statuses=(JobStatus.DONE, JobStatus.CANCELLED)),
            "failed": replace(job, statuses=(JobStatus.FAILED,)),
            "living": replace(job, statuses=(JobStatus.QUEUED, JobStatus.RUNNING)),
            "runs": replace(job, min_shots=200, max_shots=600),
            "errors": replace(job, has_errors=True),
            "no errors": replace(job, has_errors=False),
            "origin": replace(job, doors=DOORS[1:2]),
            "batch and status": replace(job, batch_ids=(filled.batch.id,), statuses=(JobStatus.DONE,)),
            "project and status": replace(
                job, project_ids=PROJECTS[:1], statuses=(JobStatus.DONE,), created_from=since
            ),
        },
        "processes": _common(ProcessFilter(), filled.job.id, since)
        | {"status": replace(ProcessFilter(), statuses=(JobStatus.DONE,))},
    }


def _common(nothing: Any, id: UUID, since: datetime) -> dict[str, Filter]:
    """What every list may be filtered by."""
    return {
        "nothing": nothing,
        "id": replace(nothing, ids=(id,)),
        "beginning of id": replace(nothing, id_starts_with=str(id)[:6]),
        "project": replace(nothing, project_ids=PROJECTS[:1]),
        "small project": replace(nothing, project_ids=PROJECTS[-1:]),
        "user": replace(nothing, creator_ids=ACCOUNTS[:1]),
        "dates": replace(nothing, created_from=since, created_until=since + timedelta(days=1)),
    }
