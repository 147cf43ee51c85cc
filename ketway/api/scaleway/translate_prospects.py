"""Between the dialect and the core: what a job that is read by its id says of how long it takes and waits."""

from __future__ import annotations

from ketway.api.scaleway import translate, wire
from ketway.domain.estimates import Estimate
from ketway.domain.jobs import Job
from ketway.services.prospects import Prospect, Start


def single_job(known: Job, prospect: Prospect) -> wire.SingleJob:
    return wire.SingleJob(
        **dict(translate.job(known)),
        estimate=None if prospect.estimate is None else _estimate(prospect.estimate),
        queue_position=prospect.position,
        estimated_start=None if prospect.start is None else _start(prospect.start),
    )


def _estimate(found: Estimate) -> wire.Estimate:
    return wire.Estimate(
        seconds=found.seconds,
        seconds_low=found.low_s,
        seconds_high=found.high_s,
        memory_bytes=found.memory_bytes,
        runs_measured=found.runs,
        extrapolated=found.is_extrapolated,
    )


def _start(found: Start) -> wire.Start:
    return wire.Start(earliest=found.earliest, expected=found.expected, latest=found.latest)
