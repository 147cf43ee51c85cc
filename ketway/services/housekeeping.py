"""What time alone makes happen: lost leases, slots that begin and end, idle and overdue batches."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ketway.domain.errors import StoreBusy
from ketway.domain.leases import Lease, LeaseStatus
from ketway.services.ending import settle, time_out
from ketway.services.leftovers import Leftovers
from ketway.services.ports import Bell, Clock, Database, Work
from ketway.services.records import Records
from ketway.services.requests import Requests
from ketway.services.retention import Retaining
from ketway.services.slots import Slots

log = structlog.get_logger()

#: Real time between two sweeps, above what was meant, that makes every lease's age doubtful.
STALL = timedelta(seconds=5)


@dataclass(kw_only=True)
class Housekeeping:
    """
    Args:
        grace: how long live leases are spared after a start, a stall or a jump of the clock.
        interval_s: meant time between two sweeps.
        is_alone: no other server shares the database.
    """

    db: Database
    clock: Clock
    bell: Bell
    slots: Slots
    requests: Requests
    leftovers: Leftovers
    records: Records
    retaining: Retaining
    grace: timedelta
    interval_s: float
    is_alone: bool = True

    def __post_init__(self) -> None:
        self._last: tuple[float, float] | None = None

    async def open(self, dead: Collection[str] = ()) -> None:
        """After a start: local workers died with their servers, all others get their grace.

        Args:
            dead: runs of servers that are known to be over, where others may go on.
        """
        async with self.db.work() as work:
            await work.leases.extend_all(self.clock.now() + self.grace)
        self._note()
        await self.void_local(dead)

    async def void_local(self, runs: Collection[str]) -> None:
        """The local workers of these runs of servers are known to be dead: their jobs wait again at once.

        Where no other server shares the database, there are no others.
        """
        if not self.is_alone and not runs:
            return
        async with self.db.work() as work:
            for lease in await work.leases.of_local_workers(None if self.is_alone else runs):
                await self._lose(work, lease)
        await self.bell.ring()

    async def sweep(self) -> None:
        """One round; to be called every `interval_s`."""
        if self._time_is_doubtful():
            log.warning("clock_jumped_or_stalled", grace_s=self.grace.total_seconds())
            async with self.db.work() as work:
                await work.leases.extend_all(self.clock.now() + self.grace)
        self._note()
        # First what somebody waits for: what tidies up may be put off by a store that fails, and for long.
        if await self._sweep_leases() + await self.slots.sweep() + await self._sweep_batches():
            await self.bell.ring()
        await self.requests.sweep()
        await self.leftovers.sweep()
        await self.records.write()
        await self.retaining.sweep()

    async def close(self) -> None:
        """At a stop in peace, when every answer was sent: what the next sweep would have written down."""
        with suppress(StoreBusy):  # then it is as after a crash
            await self.requests.sweep()
            await self.records.write()

    async def _sweep_leases(self) -> int:
        now = self.clock.now()
        async with self.db.look() as work:
            if not await work.leases.expired(now):
                return 0
        async with self.db.work() as work:
            expired = await work.leases.expired(now)
            for lease in expired:
                await self._lose(work, lease)
        return len(expired)

    async def _sweep_batches(self) -> int:
        now = self.clock.now()
        async with self.db.look() as work:
            if not await work.batches.overdue(now):
                return 0
        async with self.db.work() as work:
            overdue = await work.batches.overdue(now)
            for batch in overdue:
                await time_out(work, batch, now)
        return len(overdue)

    async def _lose(self, work: Work, lease: Lease) -> None:
        now = self.clock.now()
        await work.leases.put(lease.end(LeaseStatus.LOST))
        job = await work.jobs.fetch(lease.job_id)
        if job.is_finished or job.attempt != lease.attempt:
            return
        lost = job.lose_worker(now)
        await work.jobs.put(lost)
        log.warning("lease_lost", job_id=str(job.id), attempt=lease.attempt, job_is_now=lost.status.value)
        if lost.is_finished:
            await settle(work, job.batch_id, now, lost)

    def _time_is_doubtful(self) -> bool:
        if self._last is None:
            return True
        steady, wall = self._last
        passed = self.clock.steady() - steady
        drift = abs(self.clock.now().timestamp() - wall - passed)
        return passed > self.interval_s + STALL.total_seconds() or drift > STALL.total_seconds()

    def _note(self) -> None:
        self._last = (self.clock.steady(), self.clock.now().timestamp())
