"""Wire and domain: pure functions and whole tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from ketway.api.scaleway import names, translate_bookings, wire
from ketway.api.scaleway.parameters import configuration, of_job
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch, BatchStatus, Yielding
from ketway.domain.errors import BadField
from ketway.domain.jobs import FINISHED, Job, JobStatus
from ketway.domain.platforms import Door, Platform, PlatformId
from ketway.domain.prices import DIGITS
from ketway.domain.programs import Program, ProgramId
from ketway.domain.results import Result
from ketway.services.drafts import NewBatch, NewJob
from ketway.services.listing import Order, Page

DOOR = Door("scaleway")

T = TypeVar("T")

SESSION_STATUS = {
    BatchStatus.QUEUED: wire.SessionStatus.STARTING,
    BatchStatus.ACTIVE: wire.SessionStatus.RUNNING,
    # Held back by an operator: it starts when it is let go on.
    BatchStatus.PAUSED: wire.SessionStatus.STARTING,
    BatchStatus.STOPPING: wire.SessionStatus.STOPPING,
    # There is no error state: whatever ended it, a session is stopped and says why in a message.
    BatchStatus.DONE: wire.SessionStatus.STOPPED,
    BatchStatus.CANCELLED: wire.SessionStatus.STOPPED,
    BatchStatus.TIMED_OUT: wire.SessionStatus.STOPPED,
    BatchStatus.FAILED: wire.SessionStatus.STOPPED,
}
JOB_STATUS = {
    JobStatus.QUEUED: wire.JobStatus.WAITING,
    JobStatus.RUNNING: wire.JobStatus.RUNNING,
    JobStatus.DONE: wire.JobStatus.COMPLETED,
    JobStatus.FAILED: wire.JobStatus.ERROR,
    JobStatus.CANCELLED: wire.JobStatus.CANCELLED,
}

#: Rows of one page: (default, most). Clients of the long lists never ask for a second page.
SHORT_LIST = (100, 100)
LONG_LIST = (1000, 1000)

Orders = Mapping[str, tuple[Order, bool]]
#: By order: where the values stand that do not sort by themselves.
Places = Mapping[Order, Mapping[Any, int]]


def _orders(**columns: Order) -> dict[str, tuple[Order, bool]]:
    both = (("asc", False), ("desc", True))
    return {f"{word}_{way}": (by, down) for word, by in columns.items() for way, down in both}


#: Sort words to column and "descending".
JOB_ORDERS: Orders = _orders(
    created_at=Order.CREATED,
    status=Order.STATUS,
    platform_name=Order.PLATFORM,
    name=Order.NAME,
    session_name=Order.BATCH_NAME,
)
SESSION_ORDERS: Orders = _orders(
    name=Order.NAME, started_at=Order.STARTED, status=Order.STATUS, created_at=Order.CREATED
)
BOOKING_ORDERS: Orders = _orders(created_at=Order.CREATED, started_at=Order.SLOT)
CREATION_ORDERS: Orders = _orders(created_at=Order.CREATED)
#: Sort words to field; one platform list is short enough to be sorted here.
PLATFORM_ORDERS = {
    f"{field}_{way}": (field, way == "desc")
    for field in ("name", "provider_name", "type", "technology", "backend_name")
    for way in ("asc", "desc")
}
ACL_ORDERS = {"access_asc": False, "access_desc": True}

#: Sorted by status, things come as far as they have come in their lives; those that are shown by the
#: same word stand together.
SESSION_PLACES = {status: list(wire.SessionStatus).index(word) for status, word in SESSION_STATUS.items()}
JOB_PLACES = {status: list(wire.JobStatus).index(word) for status, word in JOB_STATUS.items()}


def page(
    query: wire.ListQuery,
    orders: Orders,
    default: str,
    sizes: tuple[int, int],
    places: Places | None = None,
) -> Page:
    """
    Args:
        orders: the sort words of this list; `default` is one of them.
        sizes: rows by default and at most; more is cut, not refused.
    Raises:
        BadField: another sort word.
    """
    by, descending = ordered(query, orders, default)
    limit = size(query, sizes)
    return Page(
        offset=(max(query.page, 1) - 1) * limit,
        limit=limit,
        order=by,
        descending=descending,
        places=(places or {}).get(by),
    )


def by_name(platforms: Iterable[Platform]) -> Mapping[PlatformId, int]:
    """Where platforms stand, sorted by what this surface calls them."""
    named = sorted((name_of(known), known.id) for known in platforms)
    return {id: place for place, (_, id) in enumerate(named)}


def size(query: wire.ListQuery, sizes: tuple[int, int]) -> int:
    usual, most = sizes
    return min(query.page_size or usual, most)


def ordered(query: wire.ListQuery, orders: Mapping[str, T], default: str) -> T:
    """What a list is sorted by."""
    word = query.order_by or default
    if word not in orders:
        raise BadField(("order_by",), f"must be one of {', '.join(orders)}", "constraint")
    return orders[word]


def new_session(sent: wire.NewSession, project: ProjectId, platform: Platform, chance: UUID) -> NewBatch:
    """
    Args:
        chance: random; names a session that came without a name.
    Raises:
        BadField: parameters that are not JSON.
    """
    demand = sent.booking_demand
    return NewBatch(
        project_id=project,
        platform=platform,
        door=DOOR,
        program_id=None if sent.model_id is None else ProgramId(sent.model_id),
        configuration=configuration(sent.parameters),
        is_open=True,
        name=sent.name or names.invented("qs", chance),
        tags=sent.tags,
        max_idle_s=sent.max_idle_duration,
        max_total_s=sent.max_duration,
        deduplication_key=sent.deduplication_id or None,
        may_wait=False,
        booking=None if demand is None else translate_bookings.new_booking(demand),
        # Public tests of its clients see to it that a slot ends the sessions that run.
        yields=Yielding.ENDS,
        echo=_echo(parameters=sent.parameters),
    )


def new_job(sent: wire.NewJob, chance: UUID) -> NewJob:
    """
    Args:
        chance: random; names a job that came without a name.
    Raises:
        BadField: parameters that are not a JSON object, or shots that are no number.
    """
    kind, text = (None, None) if sent.model_id is not None else _circuit(sent.circuit)
    shots, told = of_job(sent.parameters)
    return NewJob(
        program=text,
        program_id=None if sent.model_id is None else ProgramId(sent.model_id),
        shots=shots,
        parameters=told,
        name=sent.name or names.invented("qj", chance),
        tags=sent.tags,
        max_duration_s=sent.max_duration,
        echo=_echo(parameters=sent.parameters, circuit=kind),
    )


def platform(known: Platform, availability: wire.Availability = wire.Availability.AVAILABLE) -> wire.Platform:
    """A platform as its `shown` entry for this door presents it."""
    shown = known.shown[DOOR]
    hardware, rules = shown.get("hardware"), known.booking
    return wire.Platform(
        id=known.id,
        version=shown.get("version", "1"),
        name=name_of(known),
        provider_name=shown["provider_name"],
        backend_name=shown["backend_name"],
        type=wire.PlatformType(shown["type"]),
        technology=wire.Technology(shown["technology"]),
        max_qubit_count=known.max_qubits,
        max_shot_count=known.max_shots,
        max_circuit_count=shown.get("max_circuit_count", 1),
        availability=availability,
        metadata=_metadata(known),
        price_per_hour=money(known.prices.per_hour, known.prices.currency),
        price_per_shot=money(known.prices.per_shot, known.prices.currency),
        price_per_circuit=money(known.prices.per_circuit, known.prices.currency),
        hardware=None if hardware is None else wire.Hardware(**hardware),
        booking_requirement=None if rules is None else translate_bookings.requirement(rules),
        is_bookable=rules is not None,
        description=known.description,
        documentation_url=shown.get("documentation_url", ""),
    )


def money(amount: Decimal, currency: str) -> wire.Money:
    units = int(amount)
    return wire.Money(currency_code=currency, units=units, nanos=int((amount - units).scaleb(DIGITS)))


def availability(*, is_down: bool, is_served: bool) -> wire.Availability:
    """
    Args:
        is_down: an operator holds it.
        is_served: somebody is there to run it.
    """
    if is_down:
        return wire.Availability.MAINTENANCE
    return wire.Availability.AVAILABLE if is_served else wire.Availability.SHORTAGE


def name_of(known: Platform) -> str:
    """What this surface calls it."""
    name: str = known.shown.get(DOOR, {}).get("name", known.name)
    return name


def answers_to(known: Platform, name: str) -> bool:
    """Whether this is a name of the platform, today's or an old one."""
    return name == name_of(known) or name in known.shown[DOOR].get("aliases", ())


def session(batch: Batch, counts: Mapping[JobStatus, int]) -> wire.Session:
    """
    Args:
        counts: its jobs by status, all of them.
    """
    return wire.Session(
        id=batch.id,
        name=batch.name,
        platform_id=batch.platform_id,
        created_at=batch.created_at,
        started_at=batch.started_at,
        updated_at=batch.updated_at,
        terminated_at=batch.ended_at,
        max_idle_duration=batch.max_idle_s,
        max_duration=batch.max_total_s,
        waiting_job_count=counts[JobStatus.QUEUED],
        finished_job_count=sum(counts[status] for status in FINISHED),
        status=SESSION_STATUS[batch.status],
        project_id=batch.project_id,
        tags=batch.tags,
        deduplication_id=batch.deduplication_key or "",
        progress_message=batch.message,
        booking_id=batch.booking_id,
        model_id=batch.program_id,
        parameters=batch.echo.get("parameters"),
    )


def access(actor: Actor, batch: Batch) -> list[wire.SessionAccess]:
    """What somebody who sees a session may do with it."""
    if actor.may(batch):
        return [wire.SessionAccess.FULL]
    return [
        wire.SessionAccess.READ_WRITE_JOB if batch.is_shared else wire.SessionAccess.READ_JOB,
        wire.SessionAccess.READ_JOB_CIRCUIT,
        wire.SessionAccess.READ_JOB_RESULT,
        wire.SessionAccess.READ_SESSION,
    ]


def job(known: Job) -> wire.Job:
    is_waiting = known.status is JobStatus.QUEUED
    return wire.Job(
        id=known.id,
        name=known.name,
        tags=known.tags,
        session_id=known.batch_id,
        created_at=known.created_at,
        # One that waits again, after its worker was lost, has not started.
        started_at=None if is_waiting else known.started_at,
        updated_at=known.updated_at,
        status=job_status(known),
        progress_message="; ".join(known.errors),
        job_duration=_ran_s(known),
        model_id=None if circuit_kind(known) else known.program_id,
        parameters=known.echo.get("parameters"),
    )


def job_status(known: Job) -> wire.JobStatus:
    if known.status is JobStatus.RUNNING and known.cancel_requested_at is not None:
        return wire.JobStatus.CANCELLING
    return JOB_STATUS[known.status]


def circuit_kind(known: Job) -> str | None:
    """Under which key a job's own circuit was sent; None where it runs a model."""
    kind: str | None = known.echo.get("circuit")
    return kind


def circuit(kind: str, text: str) -> wire.Circuit:
    return wire.Circuit.model_validate({kind: text})


def job_result(result: Result, *, text: str, url: str) -> wire.JobResult:
    return wire.JobResult(job_id=result.job_id, result=text, url=url, created_at=result.created_at)


def model(program: Program, url: str) -> wire.Model:
    return wire.Model(id=program.id, created_at=program.created_at, url=url, project_id=program.project_id)


def state(kind: str, status: str) -> str:
    """The dialect's word for a status that a refusal names in the core's."""
    if kind == "batch":
        return SESSION_STATUS[BatchStatus(status)].value
    if kind == "job":
        return JOB_STATUS[JobStatus(status)].value
    return status


def _metadata(known: Platform) -> str:
    """What its clients read about the device: Pulser's read the specs, whoever wrote them last."""
    shown = known.shown[DOOR]
    if "metadata" not in shown and known.specs is not None:
        return json.dumps({"specs": json.loads(known.specs)}, separators=(",", ":"))
    text: str = shown.get("metadata", "")
    return text


def _circuit(sent: wire.NewCircuit | None) -> tuple[str | None, str | None]:
    """Under which key a circuit was sent, and its text; new clients send the key with null."""
    if sent is None:
        return None, None
    both = {"perceval_circuit": sent.perceval_circuit, "qiskit_circuit": sent.qiskit_circuit}
    return next(((kind, text) for kind, text in both.items() if text), (None, None))


def _echo(**said: str | None) -> Mapping[str, Any]:
    return {word: text for word, text in said.items() if text}


def _ran_s(known: Job) -> float | None:
    if known.started_at is None or known.ended_at is None:
        return None
    return max((known.ended_at - known.started_at).total_seconds(), 0.0)
