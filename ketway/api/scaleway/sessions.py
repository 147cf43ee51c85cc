"""Sessions: create, get, list, change, terminate, delete, and who may do what."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api import once
from ketway.api.scaleway import translate, wire
from ketway.api.scaleway.auth import CallerDep, CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.errors import Passing
from ketway.api.scaleway.requests import body_of, query_of
from ketway.api.scaleway.translate import DOOR
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import AlreadyFinished, BadField, NotFound
from ketway.domain.platforms import Platform, PlatformId
from ketway.services.core import Core
from ketway.services.listing import BatchFilter, Order

router = APIRouter(prefix="/sessions", tags=["Sessions"])


@router.get("", **told(query=wire.SessionQuery, orders=translate.SESSION_ORDERS, refuses=(403,)))
async def list_sessions(
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.SessionQuery, Depends(query_of(wire.SessionQuery))],
) -> wire.Sessions:
    """Those of one project; by default the one that the key is for."""
    places = {Order.STATUS: translate.SESSION_PLACES}
    page = translate.page(query, translate.SESSION_ORDERS, "name_asc", translate.LONG_LIST, places)
    asked = BatchFilter(
        project_ids=(caller.reads(query.project_id),),
        platform_ids=None if query.platform_id is None else (PlatformId(query.platform_id),),
        tags=query.tags,
    )
    found = await core.batches.list(caller.actor, asked, page)
    return wire.Sessions(total_count=found.total, sessions=await _shown(core, *found.items))


@router.post("", **told(body=wire.NewSession, is_once=True, refuses=(403, 404)))
async def create_session(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.NewSession, Depends(body_of(wire.NewSession))],
) -> wire.Session:
    """A session, or the living one with the same `deduplication_id` on the same platform. With a
    `booking_demand` it runs in the slot that it asks for."""
    platform = await platform_of(core, sent.platform_id)
    new = translate.new_session(sent, caller.writes(sent.project_id), platform, uuid4())
    asked = once.asked(request, caller.actor)
    return await _one(core, await core.batches.create(caller.actor, new, asked))


@router.get("/{session_id}", **told())
async def get_session(session_id: UUID, caller: CallerDep, core: CoreDep) -> wire.Session:
    """One session."""
    return await _one(core, await core.batches.get(caller.actor, BatchId(session_id)))


@router.patch("/{session_id}", **told(body=wire.SessionChange, refuses=(403, 409)))
async def update_session(
    session_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.SessionChange, Depends(body_of(wire.SessionChange))],
) -> wire.Session:
    """Change what is given; durations hold at once."""
    id = BatchId(session_id)
    if (await core.batches.get(caller.actor, id)).status is BatchStatus.STOPPING:
        raise Passing("batch", str(id), wire.SessionStatus.STOPPING.value)
    changed = await core.batches.change(
        caller.actor,
        id,
        name=sent.name,
        tags=sent.tags,
        max_idle_s=sent.max_idle_duration,
        max_total_s=sent.max_duration,
    )
    return await _one(core, changed)


@router.post("/{session_id}/terminate", **told(refuses=(403, 409, 412)))
async def terminate_session(session_id: UUID, caller: CallerDep, core: CoreDep) -> wire.Session:
    """Stop it: what waits is cancelled, what runs is asked to stop. Twice changes nothing."""
    id = BatchId(session_id)
    try:
        ended = await core.batches.cancel(caller.actor, id)
    except AlreadyFinished:
        # Clients that clean up end a session twice.
        ended = await core.batches.get(caller.actor, id)
    return await _one(core, ended)


@router.delete("/{session_id}", status_code=204, **told(refuses=(403, 409, 412)))
async def delete_session(session_id: UUID, caller: CallerDep, core: CoreDep) -> None:
    """Stop it, and remove it with its jobs and their results."""
    await core.batches.delete(caller.actor, BatchId(session_id))


@router.get("/{session_id}/acls", **told(query=wire.ListQuery, orders=translate.ACL_ORDERS))
async def list_session_acls(
    session_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.ListQuery, Depends(query_of(wire.ListQuery))],
) -> wire.Acls:
    """What the caller may do with it."""
    batch = await core.batches.get(caller.actor, BatchId(session_id))
    descending = translate.ordered(query, translate.ACL_ORDERS, "access_asc")
    granted = sorted(translate.access(caller.actor, batch), reverse=descending)
    size = translate.size(query, translate.LONG_LIST)
    start = (max(query.page, 1) - 1) * size
    return wire.Acls(total_count=len(granted), acls=granted[start : start + size])


async def platform_of(core: Core, id: UUID) -> Platform:
    """The one that a body names.

    Raises:
        BadField
    """
    try:
        return await core.platforms.chosen(DOOR, PlatformId(id))
    except NotFound:
        raise BadField(("platform_id",), f"there is no platform {id}; list them", "constraint") from None


async def _shown(core: Core, *batches: Batch) -> list[wire.Session]:
    counts = await core.batches.counts([batch.id for batch in batches])
    return [translate.session(batch, counts[batch.id]) for batch in batches]


async def _one(core: Core, batch: Batch) -> wire.Session:
    (session,) = await _shown(core, batch)
    return session
