"""Faults on purpose, since this start of the server: whose turn each one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from ketway.domain.batches import Batch
from ketway.domain.faults import Fate, FaultPlan, drawn, length
from ketway.domain.jobs import Job, JobId
from ketway.domain.platforms import PlatformId, platform_id
from ketway.domain.scheduling import Candidate

#: Fates that are kept, the newest; a job is asked about from its start to its end.
_MAX_FATES = 10_000


class Faults:
    """
    Args:
        began: when this server started.
    """

    def __init__(self, plan: FaultPlan, began: datetime) -> None:
        self.plan = plan
        self._began = began
        self._counted: Counter[tuple[str, int]] = Counter()
        self._fates: dict[JobId, Fate] = {}

    def down_at(self, now: datetime) -> Mapping[PlatformId, str]:
        """Platforms that are down, with the words on it."""
        return self.plan.down_after(now - self._began)

    def lets_start(self, candidate: Candidate, now: datetime) -> bool:
        return not any(
            wait.holds_back(candidate.created_at, self._began, now)
            for wait in self.plan.wait
            if platform_id(wait.platform) == candidate.platform_id
        )

    def holds_back_on(self, platform: PlatformId) -> bool:
        """Whether jobs of it are held back, each for itself."""
        return any(platform_id(wait.platform) == platform for wait in self.plan.wait)

    def fate(self, job: Job, batch: Batch) -> Fate:
        """What becomes of a job that starts; one that starts again keeps its fate."""
        if job.id not in self._fates:
            self._fates[job.id] = self._drawn(job, batch)
            if len(self._fates) > _MAX_FATES:
                del self._fates[next(iter(self._fates))]
        return self._fates[job.id]

    def why_fails(self, id: JobId) -> str | None:
        """The words with which a job fails that has run well; None lets it be done."""
        return self._fates.get(id, Fate()).why

    def _drawn(self, job: Job, batch: Batch) -> Fate:
        whys: list[str] = []
        late_s = [0.0]
        for place, failure in enumerate(self.plan.failure):
            if failure.is_about(job, batch) and failure.hits(*self._turn("failure", place)):
                whys.append(failure.text)
        for place, late in enumerate(self.plan.late):
            if late.is_about(job, batch):
                number, draw = self._turn("late", place)
                if late.hits(number, draw):
                    late_s.append(length(late.seconds, drawn(self.plan.seed, "length", place, number)))
        return Fate(why=whys[0] if whys else None, late_s=max(late_s))

    def _turn(self, kind: str, place: int) -> tuple[int, float]:
        """The number of this turn of a rule, from 1, and a draw for it."""
        self._counted[kind, place] += 1
        number = self._counted[kind, place]
        return number, drawn(self.plan.seed, kind, place, number)
