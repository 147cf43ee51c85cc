"""Wire and domain of applications and processes: pure functions and whole tables."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ketway.api.scaleway import names, wire_processes
from ketway.api.scaleway.parameters import read
from ketway.api.scaleway.translate import DOOR, PROCESS_STATUS, Orders, orders
from ketway.domain.accounts import ProjectId
from ketway.domain.applications import Application, application_id
from ketway.domain.batches import BatchId
from ketway.domain.platforms import Platform, platform_id
from ketway.domain.processes import Process, ProcessResult
from ketway.services.listing import Order
from ketway.services.processes import NewProcess

PROCESS_ORDERS: Orders = orders(
    created_at=Order.CREATED, name=Order.NAME, started_at=Order.STARTED, status=Order.STATUS
)
#: Results come one after the other, be it in the same moment.
RESULT_ORDERS: Orders = orders(created_at=Order.POSITION)
#: Sort words to field; the list is short enough to be sorted here.
APPLICATION_ORDERS = {
    f"{field}_{way}": (field, way == "desc") for field in ("name", "type") for way in ("asc", "desc")
}
PROCESS_PLACES = {
    status: list(wire_processes.ProcessStatus).index(word) for status, word in PROCESS_STATUS.items()
}


def application(known: Application) -> wire_processes.Application:
    """
    Raises:
        ValueError: a type that the dialect has no word for.
    """
    return wire_processes.Application(
        id=known.id,
        name=known.name,
        type=wire_processes.ApplicationType(known.type),
        compatible_platform_ids=list(known.platform_ids),
        input_template=known.input_template,
    )


def new_process(
    sent: wire_processes.NewProcess,
    project: ProjectId,
    application: Application,
    platform: Platform,
    chance: UUID,
) -> NewProcess:
    """
    Args:
        chance: random; names a process that came without a name.
    Raises:
        BadField: an input that is no JSON object.
    """
    return NewProcess(
        project_id=project,
        door=DOOR,
        kind=application.name,
        backend=platform.name,
        platform=platform,
        configuration=read(sent.input, field="input"),
        name=sent.name or names.invented("qp", chance),
        tags=sent.tags,
        echo={"input": sent.input or ""},
    )


def process(known: Process, sessions: Sequence[BatchId]) -> wire_processes.Process:
    """
    Args:
        sessions: those that are its work.
    """
    return wire_processes.Process(
        id=known.id,
        name=known.name,
        application_id=application_id(known.kind),
        # Every process of this door was given one.
        platform_id=known.platform_id or platform_id(known.backend),
        attached_session_ids=list(sessions),
        created_at=known.created_at,
        started_at=known.started_at,
        updated_at=known.updated_at,
        finished_at=known.ended_at,
        status=PROCESS_STATUS[known.status],
        project_id=known.project_id,
        tags=known.tags,
        progress=known.progress,
        progress_message="; ".join(known.errors) or known.message,
        input=known.echo.get("input", ""),
    )


def process_result(known: ProcessResult, text: str) -> wire_processes.ProcessResult:
    return wire_processes.ProcessResult(process_id=known.process_id, result=text, created_at=known.created_at)
