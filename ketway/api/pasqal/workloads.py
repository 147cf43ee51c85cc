"""Routes of workloads, the hybrid programs: the core's processes."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api import links
from ketway.api.openapi import told
from ketway.api.pasqal import answers, records, shapes, translate, translate_records, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import PAGING, PROCESS_FILTERS, Query, process_filter
from ketway.api.pasqal.shapes import Answer
from ketway.domain.accounts import ProjectId
from ketway.domain.processes import Process, ProcessId
from ketway.services.core import Core
from ketway.services.processes import NewProcess

router = APIRouter(tags=["Workloads"])


@router.post(
    "/api/v1/workloads",
    **told(Answer[records.WorkloadWithResult], body=wire.CreateWorkload, is_once=True, refuses=(404,)),
)
async def create_workload(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """A hybrid program; it fails at once where nobody runs its type."""
    said, asked = await answers.read_once(request, actor, wire.CreateWorkload)
    new = NewProcess(
        project_id=ProjectId(said.project_id),
        door=translate.DOOR,
        kind=said.workload_type,
        backend=said.backend,
        configuration=said.config,
    )
    return success(await _with_result(core, await core.processes.create(actor, new, asked)))


@router.get("/api/v2/workloads", **told(shapes.Page[records.Workload], query=(*PAGING, *PROCESS_FILTERS)))
async def get_workloads(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Workloads of the projects that the caller is in; without results."""
    query = Query(request.query_params)
    page = query.page()
    listed = await core.processes.list(actor, process_filter(query), page)
    return answers.page([translate_records.workload(process) for process in listed.items], listed, page)


@router.get("/api/v1/workloads/{workload_id}", **told(Answer[records.WorkloadWithResult]))
async def get_workload_with_result(workload_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its result."""
    return success(await _with_result(core, await core.processes.get(actor, ProcessId(workload_id))))


@router.get("/api/v2/workloads/{workload_id}", **told(Answer[records.WorkloadWithLink]))
async def get_workload(workload_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """With a link to its result."""
    process = await core.processes.get(actor, ProcessId(workload_id))
    return success(_with_link(request, core, process))


@router.put(
    "/api/v1/workloads/{workload_id}/cancel",
    **told(Answer[records.WorkloadWithResult], refuses=(403, 409)),
)
async def cancel_workload(workload_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Whoever runs it learns of it when they next look."""
    return success(await _with_result(core, await core.processes.cancel(actor, ProcessId(workload_id))))


@router.post(
    "/api/v1/workloads/{workload_id}/result",
    **told(Answer[records.WorkloadWithResult], body=wire.WorkloadResult, refuses=(403, 409)),
)
@router.post(
    "/api/v1/workloads/{workload_id}/results",
    **told(Answer[records.WorkloadWithResult], body=wire.WorkloadResult, refuses=(403, 409)),
)
async def post_workload_result(
    workload_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """Stored first; then its status may be set to DONE."""
    await core.processes.get(actor, ProcessId(workload_id))
    actor.must_operate()
    said = await answers.read(request, wire.WorkloadResult)
    process = await core.processes.keep_result(actor, ProcessId(workload_id), said.result)
    return success(await _with_result(core, process))


@router.post(
    "/api/v1/workloads/{workload_id}/errors",
    **told(Answer[records.WorkloadWithResult], body=wire.Errors, refuses=(403, 409)),
)
async def post_workload_errors(
    workload_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """The workload has failed, for these reasons."""
    await core.processes.get(actor, ProcessId(workload_id))
    actor.must_operate()
    said = await answers.read(request, wire.Errors)
    return success(
        await _with_result(core, await core.processes.fail(actor, ProcessId(workload_id), said.errors))
    )


@router.put(
    "/api/v1/workloads/{workload_id}/status",
    **told(Answer[records.WorkloadWithLink], body=wire.JobReport, refuses=(403, 409)),
)
@router.patch(
    "/api/v1/workloads/{workload_id}/status",
    **told(Answer[records.WorkloadWithLink], body=wire.JobReport, refuses=(403, 409)),
)
async def set_workload_status(
    workload_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """What its runner says of it; DONE takes a stored result."""
    await core.processes.get(actor, ProcessId(workload_id))
    actor.must_operate()
    said = await answers.read(request, wire.JobReport)
    process = await core.processes.move(
        actor,
        ProcessId(workload_id),
        translate_records.REPORTED_JOB[said.status],
        translate_records.span(said),
    )
    return success(_with_link(request, core, process))


async def _with_result(core: Core, process: Process) -> dict[str, Any]:
    result = await core.processes.result(process)
    return translate_records.workload(process) | {"result": None if result is None else json.loads(result)}


def _with_link(request: Request, core: Core, process: Process) -> dict[str, Any]:
    link = core.processes.link(process)
    return translate_records.workload(process) | {"result_link": link and links.absolute(request, link)}
