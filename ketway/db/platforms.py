"""What operators said of platforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import delete, insert, select

from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import platform_states
from ketway.domain.platforms import Platform, PlatformId, PlatformState, platform_id
from ketway.domain.prices import prices
from ketway.domain.slots import BookingRules

_EVERY = select(platform_states)


class SqlPlatforms:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def states(self) -> Mapping[PlatformId, PlatformState]:
        rows = await self._run(lambda c: c.execute(_EVERY).all())
        return {row.platform_id: replace(from_row(PlatformState, row), made=_made(row.made)) for row in rows}

    async def put(self, state: PlatformState) -> None:
        made = None if state.made is None else _fields(state.made)
        row = to_row(state) | {"made": made}
        forget = delete(platform_states).where(platform_states.c.platform_id == state.platform_id)
        await self._run(lambda c: [c.execute(forget), c.execute(insert(platform_states), row)])


def _fields(platform: Platform) -> dict[str, Any]:
    fields = to_row(platform)
    fields.pop("id")
    shown = {door: dict(words) for door, words in platform.shown.items()}
    booking = None if platform.booking is None else asdict(platform.booking)
    charged = {name: str(value) for name, value in to_row(platform.prices).items()}
    return fields | {
        "settings": dict(platform.settings),
        "shown": shown,
        "booking": booking,
        "prices": charged,
    }


def _made(fields: Mapping[str, Any] | None) -> Platform | None:
    if fields is None:
        return None
    rules = fields.get("booking")
    booking = None if rules is None else BookingRules(**rules)
    known = {
        "id": platform_id(fields["name"]),
        "booking": booking,
        "prices": prices(fields.get("prices", {})),
    }
    return Platform(**{**fields, **known})
