"""Route of what a project used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own.platforms import shown_prices
from ketway.api.own.requests import actor_of, id_of
from ketway.domain.accounts import ProjectId
from ketway.domain.errors import BadField
from ketway.domain.platforms import PlatformId
from ketway.domain.usage import Tally
from ketway.services.core import Core


def routes(core: Core) -> list[Route]:
    return [Route("/projects/{id:uuid}/usage", Usage(core).of_project, methods=["GET"])]


class Usage:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def of_project(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        first, last = _day(request, "from"), _day(request, "until")
        found = await self._core.usage.of_project(actor, ProjectId(id_of(request)), first, last)
        names = await self._core.platforms.names()
        return answer(
            {
                "from": found.first.isoformat(),
                "until": found.last.isoformat(),
                "usage": [_shown(tally, names) for tally in found.tallies],
                "costs": _costs(found.tallies),
            }
        )


def _shown(tally: Tally, names: Mapping[PlatformId, str]) -> dict[str, Any]:
    usage = tally.usage
    return {
        "day": tally.day.isoformat(),
        "platform_id": str(tally.platform_id),
        "platform": names[tally.platform_id],
        "done": usage.done,
        "failed": usage.failed,
        "cancelled": usage.cancelled,
        "circuits": usage.circuits,
        "shots": usage.shots,
        "computed_s": usage.computed.total_seconds(),
        "held_s": usage.held.total_seconds(),
        "prices": shown_prices(tally.prices),
        "cost": _amount(tally.cost),
    }


def _costs(tallies: Sequence[Tally]) -> Mapping[str, str]:
    """Of all of them, by currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for tally in tallies:
        sums[tally.prices.currency] += tally.cost
    return {currency: _amount(cost) for currency, cost in sorted(sums.items())}


def _amount(cost: Decimal) -> str:
    return f"{cost.normalize():f}"


def _day(request: Request, name: str) -> date | None:
    """
    Raises:
        BadField
    """
    text = request.query_params.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadField((name,), "is not a day such as 2026-01-31", "format") from None
