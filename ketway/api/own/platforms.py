"""Routes of platforms, and what their use costs."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own import wire
from ketway.api.own.requests import actor_of, id_of, read
from ketway.domain.errors import Unknown
from ketway.domain.platforms import PlatformId
from ketway.domain.prices import NAMES, Prices, prices
from ketway.services.core import Core
from ketway.services.platforms import Offer


def routes(core: Core) -> list[Route]:
    platforms = Platforms(core)
    return [
        Route("/platforms", platforms.list, methods=["GET"]),
        Route("/platforms/{id:uuid}/prices", platforms.set_prices, methods=["PUT"]),
        Route("/platforms/{id:uuid}/prices", platforms.forget_prices, methods=["DELETE"]),
    ]


class Platforms:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, request: Request) -> Response:
        await actor_of(self._core, request)
        shown = [_shown(offer) for offer in await self._core.platforms.every()]
        return answer({"platforms": shown, "total": len(shown)})

    async def set_prices(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = prices(msgspec.structs.asdict(await read(request, wire.PriceList)))
        await self._core.platforms.set_prices(actor, _id(request), said)
        return await self._one(_id(request))

    async def forget_prices(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        await self._core.platforms.set_prices(actor, _id(request), None)
        return await self._one(_id(request))

    async def _one(self, id: PlatformId) -> Response:
        for offer in await self._core.platforms.every():
            if offer.platform.id == id:
                return answer(_shown(offer))
        raise Unknown("platform", str(id))


def shown_prices(known: Prices) -> dict[str, str]:
    """Amounts as texts, which are exact everywhere."""
    return {name: f"{getattr(known, name):f}" for name in NAMES} | {"currency": known.currency}


def _id(request: Request) -> PlatformId:
    return PlatformId(id_of(request))


def _shown(offer: Offer) -> dict[str, Any]:
    platform = offer.platform
    return {
        "id": str(platform.id),
        "name": platform.name,
        "engine": platform.engine,
        "doors": sorted(platform.shown),
        "is_served": offer.is_served,
        "is_down": offer.is_down,
        "why": offer.why,
        "prices": shown_prices(platform.prices),
    }
