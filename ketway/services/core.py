"""Core: all use cases in one object, given to the surfaces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ketway.domain.applications import Application
from ketway.domain.faults import NO_FAULTS, FaultPlan
from ketway.domain.platforms import Platform
from ketway.domain.quotas import NO_QUOTAS, Quotas
from ketway.domain.results import MAX_IN_ROW
from ketway.domain.retention import FOR_EVER, Retention
from ketway.domain.shares import FairShare
from ketway.services.accounts import Accounts
from ketway.services.backfill import Backfill
from ketway.services.batches import Batches
from ketway.services.bookings import Bookings
from ketway.services.candidates import Turns
from ketway.services.checks import Checks
from ketway.services.documents import Documents
from ketway.services.durations import Durations
from ketway.services.faults import Faults
from ketway.services.figures import Figures
from ketway.services.first_start import FirstStart
from ketway.services.housekeeping import Housekeeping
from ketway.services.jobs import Jobs
from ketway.services.keys import Keys
from ketway.services.learning import Learning
from ketway.services.leases import Leases
from ketway.services.leftovers import Leftovers
from ketway.services.notices import Notices
from ketway.services.outcomes import Outcomes
from ketway.services.paces import Paces
from ketway.services.pictures import Pictures
from ketway.services.platforms import Platforms
from ketway.services.ports import Bell, BlobStore, Checker, Clock, Database, Hasher, Tokens
from ketway.services.processes import Processes
from ketway.services.programs import Programs
from ketway.services.projects import Projects
from ketway.services.prospects import Prospects
from ketway.services.quotas import Allowances
from ketway.services.records import Records
from ketway.services.rehearsals import Rehearsals
from ketway.services.reports import Reports
from ketway.services.requests import Requests
from ketway.services.retention import Retaining
from ketway.services.slots import Slots
from ketway.services.usage import Usages


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on what one request, one text and one wait may be."""

    max_program_bytes: int = 32 * 2**20
    max_jobs_per_request: int = 5000
    max_in_row: int = MAX_IN_ROW
    lease_life: timedelta = timedelta(seconds=30)
    max_wait_s: float = 20.0
    sweep_interval_s: float = 1.0
    process_kinds: tuple[str, ...] = ()
    fair_share: FairShare = field(default_factory=FairShare)
    quotas: Quotas = NO_QUOTAS
    retention: Retention = FOR_EVER


@dataclass(frozen=True, kw_only=True)
class Core:
    """What ketway can do; everything outside talks to it through these."""

    accounts: Accounts
    projects: Projects
    keys: Keys
    first_start: FirstStart
    batches: Batches
    bookings: Bookings
    jobs: Jobs
    prospects: Prospects
    documents: Documents
    programs: Programs
    platforms: Platforms
    leases: Leases
    outcomes: Outcomes
    housekeeping: Housekeeping
    retaining: Retaining
    requests: Requests
    rehearsals: Rehearsals
    reports: Reports
    figures: Figures
    usage: Usages
    processes: Processes
    notices: Notices
    learning: Learning
    bell: Bell
    clock: Clock


def build_core(
    *,
    db: Database,
    blobs: BlobStore,
    checker: Checker,
    bell: Bell,
    clock: Clock,
    hasher: Hasher,
    tokens: Tokens,
    fresh: Callable[[], UUID],
    catalogue: Sequence[Platform],
    engines_here: Collection[str],
    limits: Limits,
    applications: Sequence[Application] = (),
    faults: FaultPlan = NO_FAULTS,
    is_alone: bool = True,
    server: str | None = None,
) -> Core:
    """Wire the use cases to the adapters they are given.

    Args:
        is_alone: no other server shares the database.
        server: name of this run of it; a fresh one if None.
    """
    trouble = Faults(faults, clock.now())
    requests = Requests(db=db, clock=clock, server=server or str(fresh()))
    allowances = Allowances(clock=clock, server=limits.quotas)
    programs = Programs(
        db=db,
        blobs=blobs,
        clock=clock,
        requests=requests,
        allowances=allowances,
        fresh=fresh,
        max_bytes=limits.max_program_bytes,
    )
    platforms = Platforms(
        db=db, clock=clock, bell=bell, catalogue=catalogue, engines_here=engines_here, faults=trouble
    )
    bookings = Bookings(db=db, clock=clock, fresh=fresh)
    batches = Batches(
        db=db,
        clock=clock,
        bell=bell,
        checks=Checks(checker=checker),
        requests=requests,
        programs=programs,
        platforms=platforms,
        bookings=bookings,
        allowances=allowances,
        fresh=fresh,
        max_jobs=limits.max_jobs_per_request,
    )
    documents = Documents(db=db, blobs=blobs)
    retaining = Retaining(db=db, blobs=blobs, clock=clock, server=limits.retention)
    paces = Paces()
    records = Records(db=db)
    durations = Durations(paces=paces, platforms=platforms)
    turns = Turns(fair_share=limits.fair_share, backfill=Backfill(forecast=durations))
    pictures = Pictures(platforms=platforms, turns=turns, durations=durations)
    outcomes = Outcomes(
        db=db,
        blobs=blobs,
        clock=clock,
        bell=bell,
        turns=turns,
        paces=paces,
        records=records,
        faults=trouble,
        max_in_row=limits.max_in_row,
    )
    return Core(
        accounts=Accounts(db=db, clock=clock, hasher=hasher, tokens=tokens, fresh=fresh),
        batches=batches,
        bookings=bookings,
        projects=Projects(
            db=db, clock=clock, fresh=fresh, platform_names={platform.name for platform in catalogue}
        ),
        keys=Keys(db=db, clock=clock, fresh=fresh),
        first_start=FirstStart(db=db, clock=clock, hasher=hasher, fresh=fresh),
        prospects=Prospects(db=db, clock=clock, pictures=pictures),
        jobs=Jobs(db=db, blobs=blobs, kept=documents, clock=clock, bell=bell),
        documents=documents,
        programs=programs,
        platforms=platforms,
        leases=Leases(
            db=db,
            blobs=blobs,
            clock=clock,
            bell=bell,
            platforms=platforms,
            turns=turns,
            outcomes=outcomes,
            paces=paces,
            fresh=fresh,
            faults=trouble,
            life=limits.lease_life,
            max_wait_s=limits.max_wait_s,
        ),
        outcomes=outcomes,
        housekeeping=Housekeeping(
            db=db,
            clock=clock,
            bell=bell,
            slots=Slots(db=db, clock=clock),
            requests=requests,
            leftovers=Leftovers(db=db, blobs=blobs, clock=clock),
            records=records,
            retaining=retaining,
            grace=limits.lease_life,
            interval_s=limits.sweep_interval_s,
            is_alone=is_alone,
        ),
        retaining=retaining,
        requests=requests,
        rehearsals=Rehearsals(db=db, batches=batches),
        reports=Reports(db=db, clock=clock, bell=bell),
        figures=Figures(db=db, clock=clock),
        usage=Usages(db=db, clock=clock),
        processes=Processes(
            db=db,
            blobs=blobs,
            clock=clock,
            bell=bell,
            requests=requests,
            fresh=fresh,
            kinds=limits.process_kinds,
            applications=applications,
        ),
        learning=Learning(db=db, clock=clock, fresh=fresh),
        notices=Notices(db=db, clock=clock, fresh=fresh),
        bell=bell,
        clock=clock,
    )
