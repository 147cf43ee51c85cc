"""Usage in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from ketway.domain.accounts import ProjectId
from ketway.domain.prices import Prices
from ketway.domain.usage import NOTHING, Tally, Usage
from tests.fakes.tables import Tables, must_exist


class MemoryUsage:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, tally: Tally) -> None:
        must_exist(self._tables.projects, tally.project_id)
        key = (tally.project_id, tally.day, tally.platform_id, tally.prices)
        known = self._tables.usage.get(key)
        self._tables.usage[key] = tally if known is None else replace(known, usage=known.usage + tally.usage)

    async def of(self, project: ProjectId, first: date, last: date) -> Sequence[Tally]:
        found = [tally for tally in self._tables.usage.values() if tally.project_id == project]
        return sorted((tally for tally in found if first <= tally.day <= last), key=_place)

    async def since(self, project: ProjectId, first: date) -> Mapping[Prices, Usage]:
        found: dict[Prices, Usage] = {}
        for tally in await self.of(project, first, date.max):
            found[tally.prices] = found.get(tally.prices, NOTHING) + tally.usage
        return found


class MemoryHoldings:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(self, project: ProjectId) -> int:
        programs = [each.size for each in self._tables.programs.values() if each.project_id == project]
        jobs = self._tables.jobs
        results = [
            each.size
            for each in self._tables.results.values()
            if jobs[each.job_id].project_id == project and each.expired_at is None
        ]
        return sum(programs + results)


def _place(tally: Tally) -> tuple[date, str, str]:
    prices = tally.prices
    amounts = (prices.per_hour, prices.per_circuit, prices.per_shot)
    words = " ".join([*(f"{amount.normalize():f}" for amount in amounts), prices.currency])
    return tally.day, str(tally.platform_id), words
