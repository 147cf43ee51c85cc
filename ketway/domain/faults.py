"""Faults on purpose: what a user wants to go wrong, and whether it does this time. Pure functions.

What goes wrong with HTTP alone stands in `ketway.api.faults`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketway.domain.batches import Batch
from ketway.domain.jobs import Job
from ketway.domain.platforms import PlatformId, platform_id

_BITS = 64

#: So long, or anything between two lengths.
Seconds = float | tuple[float, float]


def drawn(seed: int, *words: object) -> float:
    """A number in [0, 1) that is the same for the same words."""
    digest = hashlib.sha256(repr((seed, *words)).encode()).digest()
    return int.from_bytes(digest[: _BITS // 8], "big") / float(1 << _BITS)


@dataclass(frozen=True, kw_only=True)
class Often:
    """How often something happens: always, unless one of these is given.

    Args:
        share: of all, drawn with the seed; above 0, at most 1.
        every: the `every`th of them, then again after as many.
        first: only the first so many.
    """

    share: float | None = None
    every: int | None = None
    first: int | None = None

    def hits(self, number: int, draw: float) -> bool:
        """Whether it happens to the `number`th (from 1), given a draw from [0, 1)."""
        if self.share is not None:
            return draw < self.share
        if self.every is not None:
            return number % self.every == 0
        return self.first is None or number <= self.first

    def must_be_possible(self) -> None:
        """
        Raises:
            ValueError: says what cannot be.
        """
        given = [name for name in ("share", "every", "first") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other; give one")
        if self.share is not None and not 0 < self.share <= 1:
            raise ValueError("share should be above 0 and at most 1")
        for name in ("every", "first"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise ValueError(f"{name} should be 1 or more")

    @property
    def rate(self) -> str:
        """How often, to stand at the end of a sentence."""
        if self.share is not None:
            return f", in {self.share:.0%} of cases"
        if self.every is not None:
            return f", every {self.every}. time"
        return "" if self.first is None else f", the first {self.first} times"


@dataclass(frozen=True, kw_only=True)
class Down:
    """A platform is down, as if an operator had said so.

    Args:
        for_s: since the start of the server; None for as long as it is up.
    """

    platform: str
    why: str
    for_s: float | None = None

    def must_be_possible(self) -> None:
        """
        Raises:
            ValueError
        """
        if self.for_s is not None and self.for_s <= 0:
            raise ValueError("for_s should be larger than 0")

    def is_on(self, up: timedelta) -> bool:
        """
        Args:
            up: how long the server has been up.
        """
        return self.for_s is None or up.total_seconds() < self.for_s

    def __str__(self) -> str:
        length = "" if self.for_s is None else f" for {self.for_s:g} s"
        return f"{self.platform} is down{length}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Jobs of a platform start no sooner than so long after one of two events."""

    platform: str
    after_submission_s: float | None = None
    after_start_s: float | None = None

    def must_be_possible(self) -> None:
        """
        Raises:
            ValueError
        """
        lengths = [one for one in (self.after_submission_s, self.after_start_s) if one is not None]
        if len(lengths) != 1 or lengths[0] <= 0:
            raise ValueError("give after_submission_s or after_start_s, larger than 0")

    def holds_back(self, submitted_at: datetime, started_at: datetime, now: datetime) -> bool:
        """
        Args:
            started_at: of the server.
        """
        if self.after_submission_s is not None:
            return now < submitted_at + timedelta(seconds=self.after_submission_s)
        return now < started_at + timedelta(seconds=self.after_start_s or 0)

    def __str__(self) -> str:
        if self.after_submission_s is not None:
            return f"jobs on {self.platform} wait for {self.after_submission_s:g} s after their submission"
        return f"nothing starts on {self.platform} within {self.after_start_s:g} s of the server's start"


@dataclass(frozen=True, kw_only=True)
class OnJobs(Often):
    """Which jobs; every selector that is given must fit.

    Args:
        platform, batch: names.
        tag: of the job, or of its batch.
    """

    platform: str | None = None
    batch: str | None = None
    tag: str | None = None

    def is_about(self, job: Job, batch: Batch) -> bool:
        return (
            (self.platform is None or job.platform_id == platform_id(self.platform))
            and (self.batch is None or batch.name == self.batch)
            and (self.tag is None or self.tag in (*job.tags, *batch.tags))
        )

    @property
    def which(self) -> str:
        where = "" if self.platform is None else f" on {self.platform}"
        batch = "" if self.batch is None else f' of batches named "{self.batch}"'
        tag = "" if self.tag is None else f' tagged "{self.tag}"'
        return f"jobs{where}{batch}{tag}"


@dataclass(frozen=True, kw_only=True)
class Failure(OnJobs):
    """Jobs run, and then fail with these words."""

    text: str

    def __str__(self) -> str:
        return f"{self.which} fail{self.rate}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Late(OnJobs):
    """Results come no sooner than so long after their job started."""

    seconds: Seconds

    def must_be_possible(self) -> None:
        super().must_be_possible()
        must_be_lengths(self.seconds)

    def __str__(self) -> str:
        return f"results of {self.which} come {lengths(self.seconds)} after the start{self.rate}"


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What becomes of one job.

    Args:
        why: it fails with these words; None lets it end as it does.
        late_s: its result comes no sooner after its start.
    """

    why: str | None = None
    late_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FaultPlan:
    """All that goes wrong on purpose behind the API."""

    seed: int = 0
    down: Sequence[Down] = ()
    wait: Sequence[Wait] = ()
    failure: Sequence[Failure] = ()
    late: Sequence[Late] = ()

    @property
    def platforms(self) -> frozenset[str]:
        """Names of those that it speaks of."""
        rules: Sequence[Down | Wait | OnJobs] = (*self.down, *self.wait, *self.failure, *self.late)
        return frozenset(rule.platform for rule in rules if rule.platform is not None)

    @property
    def ends_by_itself(self) -> bool:
        """Whether time alone lets something start."""
        return bool(self.wait) or any(down.for_s is not None for down in self.down)

    def sentences(self) -> list[str]:
        return [str(rule) for rule in (*self.down, *self.wait, *self.failure, *self.late)]

    def down_after(self, up: timedelta) -> dict[PlatformId, str]:
        """The platforms that are down, and the words on it; of several rules the first counts."""
        return {platform_id(one.platform): one.why for one in reversed(self.down) if one.is_on(up)}


NO_FAULTS = FaultPlan()


def lengths(seconds: Seconds) -> str:
    low, high = between(seconds)
    return f"{low:g} s" if low == high else f"{low:g} to {high:g} s"


def length(seconds: Seconds, draw: float) -> float:
    """One of the lengths, given a draw from [0, 1)."""
    low, high = between(seconds)
    return low + (high - low) * draw


def between(seconds: Seconds) -> tuple[float, float]:
    return seconds if isinstance(seconds, tuple) else (seconds, seconds)


def must_be_lengths(seconds: Seconds) -> None:
    """
    Raises:
        ValueError
    """
    low, high = between(seconds)
    if not 0 <= low <= high or high <= 0:
        raise ValueError("seconds should be larger than 0, or two of them, the shorter first")
