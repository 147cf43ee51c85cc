"""Pictures: all that waits and runs at one moment, so that it can be played forth.

Asked for with few questions, however much waits: of every line the first requests are looked at one by one,
and what comes behind them is counted.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.jobs import Job, JobId
from ketway.domain.outlooks import Outlooks
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.queues import NO_TIME, Bundle, Busy, Crew, Place, Queue, Sent, Span
from ketway.domain.scheduling import Candidate, line_of, place_in_line
from ketway.services.candidates import Turns
from ketway.services.durations import Durations, Known
from ketway.services.platforms import Platforms
from ketway.services.ports import Work

#: A worker that was not heard of for so long may be gone: an idle one asks at least twice in it.
_SILENCE = timedelta(seconds=45)
#: Jobs that are counted in one line behind the requests that are looked at.
MOST_BEHIND = 30_000
_MOST_RUNNING = 1_000

LineKey = tuple[PlatformId, Priority, ProjectId]


@dataclass(frozen=True, kw_only=True)
class Rest:
    """What waits in a line behind the requests that were looked at.

    Args:
        after: the last of those.
    """

    after: Candidate
    bundle: Bundle


@dataclass(frozen=True, kw_only=True)
class Picture:
    """
    Args:
        bundles: by batch, line and the moment at which they were sent.
    """

    seen_at: datetime
    outlooks: Outlooks
    bundles: Mapping[tuple[BatchId, LineKey, datetime], Bundle]
    rests: Mapping[LineKey, Rest]
    known: Known
    platforms: Mapping[PlatformId, Platform]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """
    Args:
        durations: how long jobs may take.
        most_requests: that are looked at one by one, of all lines together.
    """

    platforms: Platforms
    turns: Turns
    durations: Durations
    most_requests: int = 300

    async def take(self, work: Work, now: datetime) -> Picture:
        """Of everything that may start by itself: neither held by an operator nor booked."""
        crews, platforms = await self._crews(work, now)
        view = await self._view(work, platforms, now)
        found = await self._walk(work, view)
        sent = await work.jobs.sent([each.job_id for each in found]) if found else {}
        view.batches.update(await work.batches.of(_unknown(view, found)))
        weights = await work.projects.weights({each.project_id for each in found}) if found else {}
        seen, cut = self._seen(found, sent)
        bundles = {
            (each.batch_id, line_of(each), each.created_at): view.bundle(
                each, number, sent[each.job_id], weights[each.project_id]
            )
            for each, number in seen
        }
        rests = await self._rests(work, bundles.values(), cut)
        queue = Queue(
            places=view.places(),
            crews=crews,
            busy=view.busy(bundles.values()),
            bundles=[*bundles.values(), *[rest.bundle for rest in rests.values()]],
            half_life_s=self.turns.fair_share.half_life_s if self.turns.fair_share.is_on else None,
        )
        return Picture(
            seen_at=now,
            outlooks=Outlooks(queue),
            bundles=bundles,
            rests=rests,
            known=view.known,
            platforms=view.platforms,
        )

    async def of_booked(self, work: Work, batch: Batch, now: datetime) -> Picture:
        """Of a batch that has its platform for itself in its slot, and not before."""
        crews, platforms = await self._crews(work, now)
        wanted = {id: each for id, each in platforms.items() if id == batch.platform_id}
        view = await self._view(work, wanted, now)
        view.slots[batch.platform_id] = [(-math.inf, view.after(batch.slot_starts_at))]
        if batch.slot_ends_at is not None:
            view.slots[batch.platform_id].append((view.after(batch.slot_ends_at), math.inf))
        view.running = [job for job in view.running if job.batch_id == batch.id]
        view.batches[batch.id] = batch
        heads = await work.jobs.heads_of([batch.id]) if wanted else []
        sent = await work.jobs.sent([each.job_id for each in heads]) if heads else {}
        bundles = {
            (each.batch_id, line_of(each), each.created_at): view.bundle(
                each, sent[each.job_id].last - each.position + 1, sent[each.job_id], 1.0
            )
            for each in heads
        }
        queue = Queue(places=view.places(), crews=crews, busy=view.busy(()), bundles=[*bundles.values()])
        return Picture(
            seen_at=now,
            outlooks=Outlooks(queue),
            bundles=bundles,
            rests={},
            known=view.known,
            platforms=view.platforms,
        )

    async def _crews(self, work: Work, now: datetime) -> tuple[Sequence[Crew], Mapping[PlatformId, Platform]]:
        """Who is there to run jobs, and what they run."""
        slots: Counter[frozenset[str]] = Counter()
        for worker in await work.workers.live(now - _SILENCE):
            slots[frozenset(worker.engines)] += worker.slots
        crews: list[Crew] = []
        platforms: dict[PlatformId, Platform] = {}
        for engines, number in slots.items():
            own = {platform.id: platform for platform in await self.platforms.run_by(work, engines)}
            crews.append(Crew(platforms=frozenset(own), slots=number))
            platforms |= own
        return crews, platforms

    async def _view(self, work: Work, platforms: Mapping[PlatformId, Platform], now: datetime) -> _View:
        ids = list(platforms)
        machines = [platform.id for platform in platforms.values() if platform.is_exclusive]
        holders = await work.batches.holders(machines) if machines else {}
        owed = {batch.platform_id for batch in await work.batches.yielded()} if machines else set()
        view = _View(
            now=now,
            platforms=platforms,
            known=await self.durations.known(work, ids),
            running=list(await work.jobs.running_jobs(ids, _MOST_RUNNING)) if ids else [],
            holders=holders,
            owed=owed & {*machines},
            batches={batch.id: batch for batch in holders.values()},
        )
        for batch in await work.batches.slots_of(ids, now) if ids else ():
            slot = view.after(batch.slot_starts_at), view.after(batch.slot_ends_at)
            view.slots[batch.platform_id].append(slot)
        return view

    async def _walk(self, work: Work, view: _View) -> Sequence[Candidate]:
        """The first request of every line, and those behind it as far as is looked."""
        ids = list(view.platforms)
        heads = await work.jobs.heads(ids) if ids else []
        behind = (
            await work.jobs.behind([each.job_id for each in heads], self._reach(len(heads))) if heads else []
        )
        held = [holder.id for holder in view.holders.values()]
        own = await work.jobs.heads_of(held) if held else []
        found = list({each.job_id: each for each in (*heads, *behind, *own)}.values())
        if not found:
            return []
        return await self.turns.with_use(work, found, await work.jobs.running(ids, view.now), view.now)

    def _seen(
        self, found: Sequence[Candidate], sent: Mapping[JobId, Sent]
    ) -> tuple[Sequence[tuple[Candidate, int]], Mapping[LineKey, Candidate]]:
        """Requests with how many jobs of them wait; and of lines that go on behind those, the last one,
        which is counted with what comes behind it.

        A request ends where the next of its batch begins, so that what was cancelled within it counts.
        """
        lines: dict[LineKey, list[Candidate]] = defaultdict(list)
        for each in sorted((one for one in found if one.job_id in sent), key=place_in_line):
            lines[line_of(each)].append(each)
        cut: dict[LineKey, Candidate] = {}
        seen: list[tuple[Candidate, int]] = []
        for line, requests in lines.items():
            following: dict[BatchId, int] = {}
            goes_on = len(requests) > self._reach(len(lines)) and len(requests) > 1
            if goes_on:
                cut[line] = last = requests.pop()
                following[last.batch_id] = last.position
            for each in reversed(requests):
                # Where the line goes on, what of a batch is not seen is counted behind it.
                end = each.position + 1 if goes_on else sent[each.job_id].last + 1
                seen.append((each, max(following.get(each.batch_id, end) - each.position, 1)))
                following[each.batch_id] = each.position
        return seen[::-1], cut

    async def _rests(
        self, work: Work, bundles: Collection[Bundle], cut: Mapping[LineKey, Candidate]
    ) -> Mapping[LineKey, Rest]:
        """What was sent later than what is seen of a line."""
        rests: dict[LineKey, Rest] = {}
        for bundle in bundles:
            if (line := line_of(bundle.head)) in cut:
                known = rests.get(line)
                if known is None or place_in_line(known.after) < place_in_line(bundle.head):
                    rests[line] = Rest(after=bundle.head, bundle=bundle)
        return {line: await self._counted(work, rest, cut[line]) for line, rest in rests.items()}

    async def _counted(self, work: Work, rest: Rest, first: Candidate) -> Rest:
        """What came last tells most of what comes behind it."""
        number = await work.jobs.count_behind(rest.after, None, MOST_BEHIND)
        bundle = Bundle(
            head=replace(first, used=rest.bundle.head.used),
            count=max(number, 1),
            computes=rest.bundle.computes,
            # Of what was not counted to its end nobody can tell it.
            keeps=rest.bundle.keeps if number < MOST_BEHIND else replace(rest.bundle.keeps, is_known=False),
            weight=rest.bundle.weight,
        )
        return Rest(after=rest.after, bundle=bundle)

    def _reach(self, lines: int) -> int:
        """How far each of so many lines is looked along, in requests behind the first."""
        return max(self.most_requests // lines, 1)


@dataclass(kw_only=True)
class _View:
    """What a picture is made from.

    Args:
        owed: machines that a batch made room on; when it has its own back is not foreseen.
        slots: seconds from now at which each begins and ends.
    """

    now: datetime
    platforms: Mapping[PlatformId, Platform]
    known: Known
    running: list[Job]
    holders: Mapping[PlatformId, Batch]
    owed: Collection[PlatformId]
    batches: dict[BatchId, Batch]
    slots: dict[PlatformId, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def after(self, moment: datetime | None) -> float:
        return math.inf if moment is None else (moment - self.now).total_seconds()

    def places(self) -> Sequence[Place]:
        return [
            Place(
                id=platform.id,
                capacity=platform.capacity,
                is_exclusive=platform.is_exclusive,
                holder=self.holders[platform.id].id if platform.id in self.holders else None,
                slots=tuple(self.slots.get(platform.id, ())),
            )
            for platform in self.platforms.values()
            if platform.id not in self.owed
        ]

    def bundle(self, head: Candidate, count: int, sent: Sent, weight: float) -> Bundle:
        platform = self.platforms[head.platform_id]
        computes, keeps = self.known.spans(
            platform, head.batch_id, sent.qubits, sent.shots, head.max_duration_s
        )
        batch = self.batches.get(head.batch_id)
        return Bundle(
            head=head,
            count=count,
            computes=computes,
            keeps=keeps,
            lingers=self._lingers(batch) if platform.is_exclusive and batch is not None else NO_TIME,
            weight=weight,
        )

    def busy(self, bundles: Collection[Bundle]) -> Sequence[Busy]:
        """What runs, and machines that are kept by a batch with nothing to run."""
        waiting = {bundle.head.batch_id for bundle in bundles}
        found: list[Busy] = []
        for job in self.running:
            computes, keeps = self._left(job)
            holder = self.holders.get(job.platform_id)
            if holder is not None and holder.id == job.batch_id and holder.id not in waiting:
                keeps = keeps + self._lingers(holder)
            found.append(Busy(platform_id=job.platform_id, computes=computes, keeps=keeps))
        at_work = {job.batch_id for job in self.running}
        return found + [
            Busy(platform_id=id, computes=None, keeps=self._lingers(holder, holder.idle_deadline()))
            for id, holder in self.holders.items()
            if holder.id not in waiting and holder.id not in at_work
        ]

    def _left(self, job: Job) -> tuple[Span | None, Span]:
        platform = self.platforms[job.platform_id]
        computes, keeps = self.known.spans(platform, job.batch_id, job.qubits, job.shots, job.max_duration_s)
        passed_s = max(-self.after(job.started_at or self.now), 0.0)
        left = keeps.after(passed_s, job.max_duration_s)
        if platform.shots_per_s is None:
            return left, left
        # Its machine is still at it, though it has computed long before.
        is_computed = passed_s > computes.high_s
        return (None if is_computed else computes.after(passed_s, job.max_duration_s)), left

    def _lingers(self, batch: Batch, until: datetime | None = None) -> Span:
        """How long a batch keeps a machine that has no job left: nobody knows who sends it another one,
        or closes it.

        Args:
            until: when it is idle for too long; None where it is not idle yet.
        """
        if not batch.is_open or batch.status is BatchStatus.STOPPING:
            return NO_TIME
        total = batch.total_deadline()
        total_s = batch.max_total_s if total is None else max(self.after(total), 0.0)
        idle_s = batch.max_idle_s if until is None else max(self.after(until), 0.0)
        return Span(low_s=0.0, middle_s=min(idle_s, total_s), high_s=total_s)


def _unknown(view: _View, found: Sequence[Candidate]) -> list[BatchId]:
    """Batches of machines, which keep them."""
    machines = {platform.id for platform in view.platforms.values() if platform.is_exclusive}
    return [*{each.batch_id for each in found if each.platform_id in machines} - view.batches.keys()]
