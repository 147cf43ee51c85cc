"""Leftovers: bytes that no row names, because something died between the bytes and the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from ketway.domain import programs
from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobId
from ketway.domain.results import attempt_of
from ketway.services.ports import BlobStore, Clock, Database, Work

log = structlog.get_logger()

_RESULTS, _PROGRAMS = "results", "programs"
#: Blobs that one sweep looks at, so that a large store is gone through little by little.
_MOST = 200
#: From the end of one round to the next; a crash is followed by a start, and each start begins one.
_PAUSE_S = 3600.0
_MOST_MARKS = 100_000


@dataclass(kw_only=True)
class Leftovers:
    """Deletes what can never be named any more."""

    db: Database
    blobs: BlobStore
    clock: Clock

    def __post_init__(self) -> None:
        self._results = _Results(self.db, self.blobs, _Round(self.blobs, self.clock, _RESULTS))
        self._programs = _Programs(self.db, self.blobs, _Round(self.blobs, self.clock, _PROGRAMS))

    async def sweep(self) -> None:
        """Look at some more; to be called now and then."""
        await self._results.sweep()
        await self._programs.sweep()


@dataclass
class _Round:
    """Keys below a prefix, some at a time; after the last, none for a while."""

    blobs: BlobStore
    clock: Clock
    prefix: str
    is_over: bool = False  #: with the keys that were told last
    _after: str = ""
    _rests_until: float = 0.0

    async def next(self) -> Sequence[str]:
        self.is_over = False
        if self.clock.steady() < self._rests_until:
            return []
        keys = await self.blobs.list(self.prefix, after=self._after, most=_MOST)
        self.is_over = len(keys) < _MOST
        if self.is_over:
            self._after, self._rests_until = "", self.clock.steady() + _PAUSE_S
        else:
            self._after = keys[-1]
        return keys


@dataclass
class _Results:
    """Age says nothing about results.

    The outcome of an attempt is taken as long as its job has not ended and no later attempt began. Once
    one of these is so, and the job's result is another one, nothing that is about to be committed can name
    the bytes.
    """

    db: Database
    blobs: BlobStore
    round: _Round

    async def sweep(self) -> None:
        if keys := await self.round.next():
            for key in await self._lost(keys):
                await self.blobs.delete(key)
                log.info("leftover_deleted", key=key)

    async def _lost(self, keys: Sequence[str]) -> list[str]:
        places = {key: place for key in keys if (place := attempt_of(key)) is not None}
        async with self.db.look() as work:
            named = await _named(work, [id for id, _ in places.values()])
            return [
                key for key, place in places.items() if key not in named and await _is_lost(work, key, *place)
            ]


@dataclass
class _Programs:
    """Texts are stored, or touched where they are there, before the rows that name them: one that has no
    row and has the mark that it had in the round before is nobody's."""

    db: Database
    blobs: BlobStore
    round: _Round
    _before: Mapping[str, int] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    async def sweep(self) -> None:
        if keys := await self.round.next():
            for key in await self._nameless(keys):
                await self._look_at(key)
        if self.round.is_over:
            self._before, self._seen = self._seen, {}

    async def _look_at(self, key: str) -> None:
        mark = await self.blobs.mark(key)
        if mark is None:
            return
        if mark == self._before.get(key):
            await self.blobs.delete(key, mark=mark)
            log.info("leftover_deleted", key=key)
        elif len(self._seen) < _MOST_MARKS:
            self._seen[key] = mark

    async def _nameless(self, keys: Sequence[str]) -> list[str]:
        texts = {key: sha256 for key in keys if (sha256 := programs.checksum_of(key)) is not None}
        async with self.db.look() as work:
            named = await work.programs.named(list(texts.values()))
        return [key for key, sha256 in texts.items() if sha256 not in named]


async def _is_lost(work: Work, key: str, id: JobId, attempt: int) -> bool:
    """Whether a key that is not named will never be.

    The job is read first: whoever names the key ends the job with the same commit, so that one who
    sees it ended sees what it is named as well.
    """
    try:
        job = await work.jobs.fetch(id)
    except Unknown:
        return True
    if not job.is_finished and job.attempt <= attempt:
        return False
    return key not in await _named(work, [id])


async def _named(work: Work, jobs: Sequence[JobId]) -> set[str]:
    """Of an expired result nothing is named any more."""
    known = (await work.results.of(jobs)).values()
    return {result.key for result in known if result.expired_at is None}
