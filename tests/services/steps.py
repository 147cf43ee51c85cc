"""What tests of use cases do over and over, each in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from ketway.domain.accounts import Actor, Role
from ketway.domain.batches import Batch, BatchId, Yielding
from ketway.domain.bookings import Booking
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.leases import Verdict, Word, Worker
from ketway.domain.outcomes import Failure, Outcome
from ketway.domain.platforms import Platform
from ketway.domain.slots import BookingRules, Slot
from ketway.domain.tasks import Computed
from ketway.services.drafts import NewBatch, NewBooking, NewJob
from ketway.services.grants import Grant
from ketway.services.leases import Beat
from ketway.services.projects import ProjectChange
from tests.builders import DOOR, a_platform
from tests.worlds import World, all_zero

EMU = a_platform(booking=BookingRules())
QPU = a_platform(
    name="QPU", is_exclusive=True, max_total_s=1000.0, default_idle_s=60.0, booking=BookingRules()
)
NARROW = a_platform(name="NARROW", capacity=2, engine="narrow")
PACED = a_platform(name="PACED", is_exclusive=True, needs_shots=True, shots_per_s=5.0)
#: The program alone says how many shots.
UNCOUNTED = a_platform(name="UNCOUNTED", is_exclusive=True, shots_per_s=5.0)
PLATFORMS = [EMU, QPU, NARROW, PACED, UNCOUNTED]


Jobs = int | tuple[NewJob, ...]


def a_new_batch(world: World, jobs: Jobs = 1, *, platform: Platform = EMU, **changes: Any) -> NewBatch:
    plain: dict[str, Any] = {
        "project_id": world.project_id,
        "platform": platform,
        "door": DOOR,
        "program": "a program",
        "jobs": jobs if isinstance(jobs, tuple) else tuple(NewJob(shots=100) for _ in range(jobs)),
    }
    return NewBatch(**plain | changes)


async def create(world: World, jobs: Jobs = 1, **changes: Any) -> Batch:
    return await world.core.batches.create(world.owner, a_new_batch(world, jobs, **changes))


def a_slot(world: World, begins_in_s: float = 60, length_s: float = 60, time_zone: str = "UTC") -> Slot:
    begins = world.clock.now() + timedelta(seconds=begins_in_s)
    return Slot(starts_at=begins, ends_at=begins + timedelta(seconds=length_s), time_zone=time_zone)


async def book(
    world: World,
    begins_in_s: float = 60,
    length_s: float = 60,
    *,
    jobs: int = 0,
    by: Actor | None = None,
    **changes: Any,
) -> Batch:
    """An open batch with a slot, which ends where another's slot begins."""
    plain: dict[str, Any] = {
        "is_open": True,
        "yields": Yielding.ENDS,
        "booking": NewBooking(slot=a_slot(world, begins_in_s, length_s), description="mine"),
    }
    if by is not None:
        plain["project_id"] = next(iter(by.roles))
    new = a_new_batch(world, jobs, **{"platform": QPU} | plain | changes)
    return await world.core.batches.create(by or world.owner, new)


async def booking_of(world: World, batch: Batch) -> Booking:
    assert batch.booking_id is not None
    return await world.core.bookings.get(world.operator, batch.booking_id)


async def add(world: World, id: BatchId, jobs: int = 1) -> Sequence[Job]:
    new = tuple(NewJob(shots=100) for _ in range(jobs))
    return await world.core.batches.add_jobs(world.owner, id, new)


async def let_all_expire(world: World) -> None:
    """Every result of the first project is kept no longer."""
    change = ProjectChange(retention={"days": 0})
    await world.core.projects.change(world.operator, world.project_id, change)
    world.clock.move(seconds=1)
    await world.core.retaining.begin(world.operator)
    await world.core.retaining.sweep()


async def batch_of(world: World, id: BatchId) -> Batch:
    return await world.core.batches.get(world.owner, id)


async def jobs_of(world: World, id: BatchId) -> Sequence[Job]:
    return await world.core.batches.jobs_of(world.owner, id)


async def statuses_of(world: World, id: BatchId) -> list[JobStatus]:
    return [job.status for job in await jobs_of(world, id)]


async def job_of(world: World, id: JobId) -> Job:
    return await world.core.jobs.get(world.owner, id)


async def another_worker(world: World, engines: Mapping[str, str] | None = None) -> Worker:
    known = engines if engines is not None else {platform.engine: "1" for platform in PLATFORMS}
    return await world.core.leases.register(world.token, "another", known, 1)


async def claim(world: World, worker: Worker | None = None, most: int = 1) -> Sequence[Grant]:
    asking = worker or world.worker
    return await world.core.leases.claim(world.token, asking.id, uuid4().hex, most=most, wait_s=0)


async def claim_one(world: World, worker: Worker | None = None) -> Grant:
    (grant,) = await claim(world, worker)
    return grant


async def beat(world: World, grant: Grant, progress: int = 0, **changes: Any) -> Word:
    lease = grant.lease
    plain: dict[str, Any] = {"lease_id": lease.id, "secret": lease.secret, "progress": progress}
    said = Beat(**plain | changes)
    words = await world.core.leases.heartbeat(world.token, lease.worker_id, [said])
    return words[said.lease_id]


def outcome_of(grant: Grant, found: Computed | Failure | None, ran_s: float | None = None) -> Outcome:
    ran = None if ran_s is None else timedelta(seconds=ran_s)
    return Outcome(lease_id=grant.lease.id, secret=grant.lease.secret, found=found, ran=ran)


async def tell(world: World, outcome: Outcome) -> None:
    """
    Raises:
        LeaseLost
    """
    (lost,) = await world.core.outcomes.tell([outcome])
    if lost is not None:
        raise lost


async def done(world: World, grant: Grant, computed: Computed | None = None) -> None:
    await tell(world, outcome_of(grant, computed or all_zero(grant)))


async def failed(world: World, grant: Grant, verdict: Verdict, why: str = "why") -> None:
    await tell(world, outcome_of(grant, Failure(verdict=verdict, why=why)))


async def give_back(world: World, grant: Grant) -> None:
    await tell(world, outcome_of(grant, None))


async def let_pass(world: World, seconds: int) -> None:
    """Time goes by second by second, swept as a server does it."""
    for _ in range(seconds):
        world.clock.move(seconds=1)
        await world.core.housekeeping.sweep()


async def leap(world: World, seconds: int) -> None:
    """As `let_pass`, where nothing happens but in the last second; no lease is lost meanwhile."""
    world.clock.move(seconds=seconds - 1)
    await world.core.housekeeping.sweep()
    await let_pass(world, 1)


async def lose(world: World) -> None:
    """Every live lease runs out."""
    await world.core.housekeeping.sweep()
    await let_pass(world, 61)


async def another_member(world: World) -> Actor:
    """Somebody of the same project who made nothing in it."""
    actor, _ = await world.another_project()
    return Actor(account_id=actor.account_id, roles={world.project_id: Role.MEMBER})
