"""The workers' protocol and the core's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from uuid import UUID

from ketway import protocol as wire
from ketway.domain.errors import BadField
from ketway.domain.leases import LeaseId, Verdict
from ketway.domain.outcomes import Failure, Outcome
from ketway.domain.tasks import Computed
from ketway.services.grants import Grant

_MAX_WHY = 10_000
_MAX_RAN_S = 1e9


def claimed(grants: Sequence[Grant]) -> wire.Claimed:
    """What several of them share is said once."""
    common: list[wire.Common] = []
    places: dict[tuple[object, ...], int] = {}
    leases: list[wire.Lease] = []
    for grant in grants:
        task = grant.task
        key = (grant.job.project_id, grant.platform.id, task.program, task.configuration)
        if key not in places:
            places[key] = len(common)
            common.append(_common(grant))
        leases.append(_lease(grant, places[key]))
    return wire.Claimed(leases=leases, common=common)


def _common(grant: Grant) -> wire.Common:
    task = grant.task
    return wire.Common(
        project_id=str(grant.job.project_id),
        engine=grant.platform.engine,
        memory_bytes=grant.platform.memory_bytes,
        program=task.program,
        configuration=task.configuration,
        settings=dict(task.settings),
        max_shots=task.max_shots,
        max_qubits=task.max_qubits,
    )


def _lease(grant: Grant, common: int) -> wire.Lease:
    job, platform = grant.job, grant.platform
    return wire.Lease(
        id=str(grant.lease.id),
        secret=grant.lease.secret,
        job_id=str(job.id),
        attempt=grant.lease.attempt,
        common=common,
        shots=grant.task.shots,
        seed=grant.task.seed,
        parameters=dict(grant.task.parameters),
        time_limit_s=job.max_duration_s,
        expected_s=grant.expected_s,
        hold_s=platform.hold_s(job.shots) + grant.late_s,
        shots_per_s=platform.shots_per_s if job.shots is None else None,
    )


def outcome(said: wire.Outcome) -> Outcome:
    """
    Raises:
        BadField: an id that is none.
    """
    lease, secret = lease_id(said.lease_id), said.secret
    if isinstance(said, wire.Return):
        return Outcome(lease_id=lease, secret=secret, found=None)
    ran = _time(said.ran_s)
    if isinstance(said, wire.Failure):
        failure = Failure(verdict=Verdict(said.verdict), why=said.why[:_MAX_WHY])
        return Outcome(lease_id=lease, secret=secret, found=failure, ran=ran)
    found = Computed(document=said.document, counts=said.counts, shots=said.shots, metadata=said.metadata)
    computed = None if said.computed_s is None else _time(said.computed_s)
    return Outcome(lease_id=lease, secret=secret, found=found, ran=ran, computed=computed)


def lease_id(text: str) -> LeaseId:
    return LeaseId(uuid(text))


def uuid(text: str) -> UUID:
    """
    Raises:
        BadField
    """
    try:
        return UUID(text)
    except ValueError:
        raise BadField(("id",), "is not a UUID", "format") from None


def _time(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), _MAX_RAN_S) if isfinite(seconds) else 0.0)
