"""A platform: something that runs jobs, with what it accepts and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NewType
from uuid import UUID, uuid5

from ketway.domain.errors import ShotsMissing, ShotsOverLimit
from ketway.domain.prices import FREE, Prices
from ketway.domain.slots import BookingRules

PlatformId = NewType("PlatformId", UUID)

#: Name of a surface: where a batch came in, and where a platform is shown.
Door = NewType("Door", str)

_NAMES = UUID("6f1de1b4-3f0c-5f8e-9a53-1c9d3a1f7a10")


def platform_id(name: str) -> PlatformId:
    """The same id for the same name, on every server and after every start."""
    return PlatformId(uuid5(_NAMES, name))


@dataclass(frozen=True, kw_only=True)
class Platform:
    """
    Args:
        engine: name of the engine that runs its jobs.
        is_exclusive: one batch at a time, as a QPU is.
        capacity: how many jobs side by side; None leaves it to the workers.
        max_shots: per job.
        needs_shots: a job must say how many; nothing is assumed.
        shots_per_s: how fast a machine makes them by the clock, however fast they are computed;
            None where it keeps no such pace.
        default_idle_s, max_idle_s, default_total_s, max_total_s: limits of an open batch.
        max_job_s: wall clock of one job.
        memory_bytes: of one job, beyond what every engine shares.
        specs: what clients read about the device, JSON text, or None.
        booking: how slots of it can be booked; None where they cannot.
        prices: of its use, for batches that are made from now on.
        settings: what its engine is told with every task (JSON values).
        shown: per door, how that surface presents it; the core never reads it.
    """

    id: PlatformId
    name: str
    engine: str
    description: str = ""
    is_exclusive: bool = False
    capacity: int | None = None
    max_qubits: int
    max_shots: int
    needs_shots: bool = False
    shots_per_s: float | None = None
    max_jobs_per_request: int = 5000
    default_idle_s: float = 300.0
    max_idle_s: float = 43_200.0
    default_total_s: float = 86_400.0
    max_total_s: float = 604_800.0
    max_job_s: float = 3600.0
    memory_bytes: int = 4 * 2**30
    specs: str | None = None
    booking: BookingRules | None = None
    prices: Prices = FREE
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[Door, Mapping[str, Any]] = field(default_factory=dict)

    def must_know_shots(self, shots: int | None) -> None:
        """
        Raises:
            ShotsMissing: none are asked for, and the platform assumes nothing.
        """
        if shots is None and self.needs_shots:
            raise ShotsMissing(self.max_shots)

    def accept_shots(self, shots: int | None) -> None:
        """
        Raises:
            ShotsOverLimit: more than the platform runs in one job.
            ShotsMissing: as `must_know_shots`.
        """
        self.must_know_shots(shots)
        if shots is not None and shots > self.max_shots:
            raise ShotsOverLimit(shots, self.max_shots)

    def hold_s(self, shots: int | None) -> float:
        """How long a job of so many shots occupies the machine, however soon it is computed."""
        return 0.0 if shots is None or self.shots_per_s is None else shots / self.shots_per_s


@dataclass(frozen=True, kw_only=True)
class PlatformState:
    """What operators said of a platform since the catalogue was written.

    Args:
        is_down: nothing starts on it; what is sent to it waits.
        why: the operator's words on that.
        specs, prices: in place of the catalogue's, or None.
        made: the platform itself, where no catalogue has it.
    """

    platform_id: PlatformId
    is_down: bool = False
    why: str = ""
    specs: str | None = None
    prices: Prices | None = None
    made: Platform | None = None

    def of(self, platform: Platform) -> Platform:
        """The platform as it is now."""
        said = {"specs": self.specs, "prices": self.prices}
        changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return replace(platform, **changes)
