"""Processes: create, get, list, change, cancel, delete, and what they found."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api import once
from ketway.api.scaleway import translate, translate_processes, wire, wire_processes
from ketway.api.scaleway.auth import CallerDep, CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.errors import Absent
from ketway.api.scaleway.requests import body_of, query_of
from ketway.api.scaleway.sessions import platform_of
from ketway.api.scaleway.wire_processes import NewProcess, ProcessChange, ProcessQuery
from ketway.domain.applications import Application, ApplicationId
from ketway.domain.errors import AlreadyFinished, Unknown
from ketway.domain.processes import Process, ProcessId
from ketway.services.core import Core
from ketway.services.listing import Order, ProcessFilter

router = APIRouter(prefix="/processes", tags=["Processes"])


@router.get("", **told(query=ProcessQuery, orders=translate_processes.PROCESS_ORDERS, refuses=(403,)))
async def list_processes(
    caller: CallerDep, core: CoreDep, query: Annotated[ProcessQuery, Depends(query_of(ProcessQuery))]
) -> wire_processes.Processes:
    """Those of one project; by default the one that the key is for."""
    places = {Order.STATUS: translate_processes.PROCESS_PLACES}
    page = translate.page(
        query, translate_processes.PROCESS_ORDERS, "created_at_desc", translate.SHORT_LIST, places
    )
    project = caller.reads(query.project_id)
    kinds: tuple[str, ...] = ()
    if query.application_id is not None:
        try:
            kinds = (core.processes.application(ApplicationId(query.application_id)).name,)
        except Unknown:
            return wire_processes.Processes(total_count=0, processes=[])
    asked = ProcessFilter(project_ids=(project,), kinds=kinds, tags=query.tags)
    found = await core.processes.list(caller.actor, asked, page)
    return wire_processes.Processes(total_count=found.total, processes=await _shown(core, *found.items))


@router.post("", **told(body=NewProcess, is_once=True, refuses=(403, 404)))
async def create_process(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[NewProcess, Depends(body_of(NewProcess))],
) -> wire_processes.Process:
    """A process of an application; it ends in `error` at once where nobody here runs that."""
    application = _application(core, sent.application_id)
    platform = await platform_of(core, sent.platform_id)
    project = caller.writes(sent.project_id)
    new = translate_processes.new_process(sent, project, application, platform, uuid4())
    asked = once.asked(request, caller.actor)
    return await _one(core, await core.processes.create(caller.actor, new, asked))


@router.get("/{process_id}", **told())
async def get_process(process_id: UUID, caller: CallerDep, core: CoreDep) -> wire_processes.Process:
    """One process."""
    return await _one(core, await core.processes.get(caller.actor, ProcessId(process_id)))


@router.patch("/{process_id}", **told(body=ProcessChange, refuses=(403, 409)))
async def update_process(
    process_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[ProcessChange, Depends(body_of(ProcessChange))],
) -> wire_processes.Process:
    """Change what is given."""
    id = ProcessId(process_id)
    return await _one(core, await core.processes.change(caller.actor, id, name=sent.name, tags=sent.tags))


@router.post("/{process_id}/cancel", **told(refuses=(403, 409)))
async def cancel_process(process_id: UUID, caller: CallerDep, core: CoreDep) -> wire_processes.Process:
    """Cancel it and stop its sessions; what it found already stays. One that has ended stays as it is."""
    id = ProcessId(process_id)
    try:
        return await _one(core, await core.processes.cancel(caller.actor, id))
    except AlreadyFinished:
        return await _one(core, await core.processes.get(caller.actor, id))


@router.delete("/{process_id}", status_code=204, **told(refuses=(403, 409)))
async def delete_process(process_id: UUID, caller: CallerDep, core: CoreDep) -> None:
    """Cancel it if it lives, and remove it with what it was given and what it found."""
    await core.processes.delete(caller.actor, ProcessId(process_id))


@router.get("/{process_id}/results", **told(query=wire.ListQuery, orders=translate_processes.RESULT_ORDERS))
async def list_process_results(
    process_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.ListQuery, Depends(query_of(wire.ListQuery))],
) -> wire_processes.ProcessResults:
    """What it found, on its way and at its end."""
    page = translate.page(query, translate_processes.RESULT_ORDERS, "created_at_desc", translate.SHORT_LIST)
    found = await core.processes.results(caller.actor, ProcessId(process_id), page)
    shown = [
        translate_processes.process_result(each, await core.processes.text(each)) for each in found.items
    ]
    return wire_processes.ProcessResults(total_count=found.total, process_results=shown)


def _application(core: Core, id: str) -> Application:
    try:
        return core.processes.application(ApplicationId(UUID(id)))
    except (ValueError, Unknown):
        raise Absent("qaas_application", id) from None


async def _shown(core: Core, *processes: Process) -> list[wire_processes.Process]:
    sessions = await core.processes.batches_of([process.id for process in processes])
    return [translate_processes.process(process, sessions[process.id]) for process in processes]


async def _one(core: Core, process: Process) -> wire_processes.Process:
    (shown,) = await _shown(core, process)
    return shown
