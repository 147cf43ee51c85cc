"""Platforms: list, get."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from ketway.api.scaleway import translate, wire
from ketway.api.scaleway.auth import CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.requests import query_of
from ketway.api.scaleway.translate import DOOR
from ketway.domain.platforms import PlatformId
from ketway.services.core import Core
from ketway.services.platforms import Offer

router = APIRouter(prefix="/platforms", tags=["Platforms"])


@router.get("", **told(query=wire.PlatformQuery, orders=translate.PLATFORM_ORDERS))
async def list_platforms(
    core: CoreDep, query: Annotated[wire.PlatformQuery, Depends(query_of(wire.PlatformQuery))]
) -> wire.Platforms:
    """Every platform that is offered; filters are exact, and old names are known."""
    field, descending = translate.ordered(query, translate.PLATFORM_ORDERS, "name_asc")
    found = [
        _shown(core, offer) for offer in await core.platforms.offers(DOOR) if _answers_name(offer, query)
    ]
    asked = sorted((one for one in found if _matches(one, query)), key=lambda one: str(one.id))
    asked.sort(key=lambda one: str(getattr(one, field)), reverse=descending)
    size = translate.size(query, translate.LONG_LIST)
    start = (max(query.page, 1) - 1) * size
    return wire.Platforms(total_count=len(asked), platforms=asked[start : start + size])


@router.get("/{platform_id}", **told())
async def get_platform(platform_id: UUID, core: CoreDep) -> wire.Platform:
    """One platform."""
    return _shown(core, await core.platforms.offered(DOOR, PlatformId(platform_id)))


def _shown(core: Core, offer: Offer) -> wire.Platform:
    availability = translate.availability(is_down=offer.is_down, is_served=core.platforms.is_served(offer))
    return translate.platform(offer.platform, availability)


def _answers_name(offer: Offer, query: wire.PlatformQuery) -> bool:
    return query.name is None or translate.answers_to(offer.platform, query.name)


def _matches(one: wire.Platform, query: wire.PlatformQuery) -> bool:
    """Every filter that is given is met, exactly."""
    filters = (
        (query.provider_name, one.provider_name),
        (query.backend_name, one.backend_name),
        (query.platform_type, one.type),
        (query.platform_technology, one.technology),
    )
    return all(wanted is None or wanted == has for wanted, has in filters)
