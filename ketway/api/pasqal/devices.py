"""Routes of devices: what each accepts, whether it is up, and what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import answers, records, shapes, translate, translate_devices, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import DEVICE_FILTERS, PAGE, PAGING, Query, device_filter
from ketway.api.pasqal.shapes import Answer
from ketway.domain.errors import BadField
from ketway.domain.platforms import Platform, PlatformId
from ketway.services.core import Core
from ketway.services.listing import Listed
from ketway.services.platforms import Offer

router = APIRouter(tags=["Devices"])


@router.get("/api/v1/devices", **told(shapes.Page[records.Device], query=(*PAGING, *DEVICE_FILTERS)))
async def get_public_devices(request: Request, core: CoreDep) -> Response:
    """Without a login, as some clients ask before they have one; public devices only."""
    offers = await core.platforms.offers(translate.DOOR)
    return await _list(
        core, request, [offer for offer in offers if translate_devices.is_public(offer.platform)]
    )


@router.get("/api/v2/devices", **told(shapes.Page[records.Device], query=(*PAGING, *DEVICE_FILTERS)))
async def get_devices(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Every device, those included that only who is logged in may see."""
    return await _list(core, request, await core.platforms.offers(translate.DOOR))


@router.post("/api/v1/devices", **told(Answer[records.Device], body=wire.CreateDevice, refuses=(403, 409)))
async def create_device(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """A device that the catalogue does not have, run by an engine that is here."""
    actor.must_operate()
    said = await answers.read(request, wire.CreateDevice)
    platform = translate_devices.new_platform(said)
    await core.platforms.add(actor, platform, is_down=said.status == "DOWN")
    return success((await _shown(core, [await core.platforms.named(translate.DOOR, platform.name)]))[0])


@router.put(
    "/api/v1/devices/status",
    **told(Answer[list[records.Device]], body=wire.DeviceStatuses, refuses=(403,)),
)
@router.patch(
    "/api/v1/devices/status",
    **told(Answer[list[records.Device]], body=wire.DeviceStatuses, refuses=(403,)),
)
async def set_statuses(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """As of one device, of several at once."""
    actor.must_operate()
    said = await answers.read(request, wire.DeviceStatuses)
    known = {offer.platform.name: offer for offer in await core.platforms.offers(translate.DOOR)}
    for place, name in enumerate(said.device_type_names):
        if name not in known:
            raise BadField(("body", "device_type_names", str(place)), f"'{name[:80]}' is not offered here")
    ids = [known[name].platform.id for name in said.device_type_names]
    await core.platforms.set_down(actor, ids, said.status == "DOWN", said.status_message)
    offers = await core.platforms.offers(translate.DOOR)
    return success(await _shown(core, [offer for offer in offers if offer.platform.id in ids]))


@router.put(
    "/api/v1/devices/{device_id}/status",
    **told(Answer[records.Device], body=wire.DeviceStatus, refuses=(403,)),
)
@router.patch(
    "/api/v1/devices/{device_id}/status",
    **told(Answer[records.Device], body=wire.DeviceStatus, refuses=(403,)),
)
async def set_status(device_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """DOWN holds the queue: what is sent waits, and the device says why."""
    actor.must_operate()
    said = await answers.read(request, wire.DeviceStatus)
    id = PlatformId(device_id)
    await core.platforms.set_down(actor, [id], said.status == "DOWN", said.status_message)
    return success((await _shown(core, [await core.platforms.offered(translate.DOOR, id)]))[0])


@router.get("/api/v1/devices/{dt_name}/queue-size", **told(Answer[records.Queues]))
@router.get(
    "/api/v1/devices/{dt_name}/queue_size",
    # What it would be called by itself is what the other one is called.
    operation_id="get_queue_size_by_its_other_name_api_v1_devices__dt_name__queue_size_get",
    **told(Answer[records.Queues]),
)
async def get_queue_size(dt_name: str, actor: ActorDep, core: CoreDep) -> Response:
    """What waits in each class, whoever sent it and by whatever way."""
    platform = await core.platforms.chosen(translate.DOOR, dt_name)
    waiting = await core.figures.waiting_on(platform.id)
    return success({"device_queues": translate_devices.queues(waiting)})


@router.get("/api/v1/devices/{dt_name}/queue", **told(shapes.Page[shapes.QueuedBatch], query=PAGE))
async def get_queue(dt_name: str, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Living batches that the caller may see, in the order in which they are served."""
    page = Query(request.query_params).page()
    platform = await core.platforms.chosen(translate.DOOR, dt_name)
    listed = await core.figures.queue(actor, platform.id, page)
    rows = await answers.batches(core, listed.items)
    return answers.page([translate_devices.queued(row) for row in rows], listed, page)


@router.get("/api/v1/devices/specs", **told(Answer[dict[str, str]]))
async def get_specs(actor: ActorDep, core: CoreDep) -> Response:
    """An object, where the public twin answers a list."""
    return success({platform.name: platform.specs for platform in await _with_specs(core)})


@router.get("/api/v1/devices/public-specs", **told(Answer[list[records.Specs]]))
async def get_public_specs(core: CoreDep) -> Response:
    """What public devices accept, without a login."""
    public = [platform for platform in await _with_specs(core) if translate_devices.is_public(platform)]
    return success([translate_devices.specs(platform) for platform in public])


@router.get("/api/v1/devices/specs/{device_type}", **told(Answer[records.Specs]))
async def get_device_specs(device_type: str, actor: ActorDep, core: CoreDep) -> Response:
    """What one device accepts."""
    return success(translate_devices.specs(await core.platforms.chosen(translate.DOOR, device_type)))


@router.put(
    "/api/v1/devices/specs/{device_type}",
    **told(Answer[records.Specs], body=wire.DeviceSpecs, refuses=(403,)),
)
@router.patch(
    "/api/v1/devices/specs/{device_type}",
    **told(Answer[records.Specs], body=wire.DeviceSpecs, refuses=(403,)),
)
async def set_device_specs(device_type: str, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """What clients read from now on; jobs that wait run as they are."""
    actor.must_operate()
    said = await answers.read(request, wire.DeviceSpecs)
    translate_devices.must_be_specs(said.specs)
    platform = await core.platforms.chosen(translate.DOOR, device_type)
    await core.platforms.set_specs(actor, platform.id, said.specs)
    return success(translate_devices.specs(await core.platforms.chosen(translate.DOOR, device_type)))


@router.get("/api/v1/health", **told(Answer[shapes.Nothing]))
async def get_health() -> Response:
    """Whether the server answers."""
    return success({})


async def _list(core: Core, request: Request, offers: Sequence[Offer]) -> Response:
    query = Query(request.query_params)
    page = query.page()
    is_wanted = device_filter(query)
    rows = [row for row in await _shown(core, offers) if is_wanted(row)]
    listed = Listed(items=rows[page.offset : page.offset + page.limit], total=len(rows))
    return answers.page(listed.items, listed, page)


async def _shown(core: Core, offers: Sequence[Offer]) -> list[dict[str, Any]]:
    waits = await core.figures.mean_waits([offer.platform.id for offer in offers])
    return [translate_devices.device(offer, waits.get(offer.platform.id, 0.0)) for offer in offers]


async def _with_specs(core: Core) -> list[Platform]:
    offers = await core.platforms.offers(translate.DOOR)
    return [offer.platform for offer in offers if offer.platform.specs is not None]
