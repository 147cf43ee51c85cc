"""Whatever is booked, by whomever, and whenever the server is up: slots hold."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, rule

from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId, BatchStatus, Yielding
from ketway.domain.booking_errors import SlotTaken
from ketway.domain.bookings import BookingStatus
from ketway.domain.errors import Precondition, QuotaReached
from ketway.domain.jobs import JobStatus
from ketway.services.drafts import NewBooking
from ketway.services.listing import BookingFilter
from ketway.services.reports import Span
from tests.services.steps import EMU, QPU, a_new_batch, a_slot, claim, let_pass
from tests.services.test_any_history import EVERYTHING, AnyHistory

LIVING = (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)


class AnyHistoryWithSlots(AnyHistory):
    """As any history; slots are booked, batches yield in both ways, operators pause, servers sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.paused: set[BatchId] = set()

    @initialize(target=AnyHistory.batches, yields=st.sampled_from(Yielding), sleeps_s=st.integers(0, 25))
    def begin(self, yields, sleeps_s):  # type: ignore[override]  # it has batches from the start
        """Each platform has somebody, and a slot that begins in a few steps or has begun."""
        super().begin()
        made = []
        for platform in (EMU, QPU):
            new = a_new_batch(self.world, 2, platform=platform, is_open=True, yields=yields)
            booking = NewBooking(slot=a_slot(self.world, 20, 40))
            booked = a_new_batch(self.world, 2, platform=platform, is_open=True, booking=booking)
            made += [
                self.do(self.world.core.batches.create(self.world.owner, each)) for each in (new, booked)
            ]
        self.do(let_pass(self.world, 1))
        self.world.clock.move(seconds=sleeps_s)
        return multiple(*(batch.id for batch in made))

    @rule(
        target=AnyHistory.batches,
        platform=st.sampled_from([EMU, QPU]),
        begins_in_s=st.sampled_from([10, 20, 40]),
        length_s=st.sampled_from([20, 40]),
        jobs=st.integers(0, 2),
        yields=st.sampled_from(Yielding),
    )
    def book(self, platform, begins_in_s, length_s, jobs, yields):
        slot = a_slot(self.world, begins_in_s, length_s)
        new = a_new_batch(
            self.world,
            jobs,
            platform=platform,
            is_open=True,
            yields=yields,
            booking=NewBooking(slot=slot),
            max_idle_s=1000.0,
        )
        overlaps = any(
            booking.platform_id == platform.id and booking.is_live and booking.slot.overlaps(slot)
            for booking in self.all_bookings()
        )
        made = self.refused_or_made(new)
        assert (made is None) is (overlaps or self.is_full(platform.id))
        return multiple() if made is None else made

    @rule(target=AnyHistory.batches, platform=st.sampled_from([EMU, QPU]), jobs=st.integers(0, 2))
    def open_a_session(self, platform, jobs):
        new = a_new_batch(self.world, jobs, platform=platform, is_open=True, yields=Yielding.ENDS)
        return self.do(self.world.core.batches.create(self.world.owner, new)).id

    @rule(batch=AnyHistory.batches)
    def cancel_batch(self, batch):
        try:
            super().cancel_batch(batch)
        except Precondition:
            assert self.batch(batch).slot_starts_at > self.now

    @rule(batch=AnyHistory.batches, status=st.sampled_from([BatchStatus.PAUSED, BatchStatus.QUEUED]))
    def operate(self, batch, status):
        was_yielded = self.batch(batch).yielded_at is not None
        if self.try_to(self.world.core.reports.batch(self.world.operator, batch, status, Span())):
            (self.paused.add if status is BatchStatus.PAUSED else self.paused.discard)(batch)
            assert self.batch(batch).yielded_at is None
        else:
            assert not (was_yielded and status is BatchStatus.PAUSED)

    @rule(target=AnyHistory.grants, seconds=st.sampled_from([0, 5, 20, 60]))
    def sleep_and_wake(self, seconds):
        """Nobody sweeps; a worker asks before anybody does."""
        self.world.clock.move(seconds=seconds)
        granted = self.do(claim(self.world, self.workers[0], 3))
        for grant in granted:
            slot, own = self.slot_on(grant.platform.id), self.batch(grant.job.batch_id)
            assert slot is None or slot == own.id
            assert own.is_let_in(self.now)
        return multiple(*granted)

    @rule()
    def sweep(self):
        self.do(let_pass(self.world, 1))
        for batch in self.all_batches():
            slot = self.slot_on(batch.platform_id)
            if batch.slot is not None and batch.slot.ends_at <= self.now:
                assert batch.status not in LIVING
            if slot is not None and slot != batch.id and batch.slot is None:
                assert batch.status is not BatchStatus.ACTIVE
            if slot is None and batch.platform_id == EMU.id and batch.slot is None and batch.is_open:
                assert batch.status is not BatchStatus.QUEUED
                assert batch.yielded_at is None
            if batch.id in self.paused and batch.status is BatchStatus.PAUSED:
                assert batch.yielded_at is None
        self.paused &= {batch.id for batch in self.all_batches() if batch.status is BatchStatus.PAUSED}

    @invariant()
    def an_exclusive_platform_has_at_most_one_holder_and_runs_one_job_of_it(self):
        """Or, until that has ended, one of a batch that was paused."""
        mine = {batch.id: batch.status for batch in self.all_batches() if batch.platform_id == QPU.id}
        holders = [id for id, status in mine.items() if status in (BatchStatus.ACTIVE, BatchStatus.STOPPING)]
        running = [job.batch_id for job in self.all_jobs() if job.status is JobStatus.RUNNING]
        on_it = [id for id in running if id in mine]
        assert len(holders) <= 1
        assert len(on_it) <= 1
        assert all(id in holders or mine[id] is BatchStatus.PAUSED for id in on_it)

    @invariant()
    def what_slots_promise_holds(self):
        bookings = {booking.batch_id: booking for booking in self.all_bookings()}
        for one, other in combinations(bookings.values(), 2):
            both_live = one.is_live and other.is_live and one.platform_id == other.platform_id
            assert not (both_live and one.slot.overlaps(other.slot))
        for batch in self.all_batches():
            booking = bookings.get(batch.id)
            assert (booking is None) is (batch.slot is None)
            if booking is None:
                continue
            if batch.status in LIVING:
                assert booking.status is BookingStatus.VALIDATED
            elif batch.is_finished:
                assert booking.status in (BookingStatus.VALIDATED, BookingStatus.CANCELLED)
            assert batch.started_at is None or batch.slot.holds(batch.started_at)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def refused_or_made(self, new) -> BatchId | None:
        try:
            return self.do(self.world.core.batches.create(self.world.owner, new)).id
        except (SlotTaken, QuotaReached):
            return None

    def is_full(self, platform) -> bool:
        """All histories are shorter than a day."""
        return sum(each.counts for each in self.all_bookings() if each.platform_id == platform) >= 10

    def slot_on(self, platform) -> BatchId | None:
        on = (
            batch.id
            for batch in self.all_batches()
            if batch.platform_id == platform and batch.status in LIVING
            if batch.slot is not None and batch.slot.holds(self.now)
        )
        return next(on, None)

    def batch(self, id):
        return self.do(self.world.core.batches.get(self.world.owner, id))

    def all_bookings(self):
        actor: Actor = self.world.owner
        return self.do(self.world.core.bookings.list(actor, BookingFilter(), EVERYTHING)).items


TestAnyHistoryWithSlots = AnyHistoryWithSlots.TestCase
TestAnyHistoryWithSlots.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
