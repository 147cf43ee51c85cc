"""Routes of devices: what each accepts, as clients read it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ketway.api.pasqal import translate
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.domain.platforms import Platform
from ketway.services.core import Core

router = APIRouter()


@router.get("/api/v1/devices/specs")
async def get_specs(actor: ActorDep, core: CoreDep) -> Response:
    """An object, where the public twin answers a list."""
    return success({platform.name: platform.specs for platform in await _with_specs(core)})


@router.get("/api/v1/devices/public-specs")
async def get_public_specs(core: CoreDep) -> Response:
    return success([translate.specs(platform) for platform in await _with_specs(core)])


@router.get("/api/v1/devices/specs/{device_type}")
async def get_device_specs(device_type: str, actor: ActorDep, core: CoreDep) -> Response:
    return success(translate.specs((await core.platforms.named(translate.DOOR, device_type)).platform))


@router.get("/api/v1/health")
async def get_health() -> Response:
    return success({})


async def _with_specs(core: Core) -> list[Platform]:
    offers = await core.platforms.offers(translate.DOOR)
    return [offer.platform for offer in offers if offer.platform.specs is not None]
