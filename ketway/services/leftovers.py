"""Leftovers: results' bytes that no result names, because something died between the bytes and the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobId
from ketway.domain.results import attempt_of
from ketway.services.ports import BlobStore, Clock, Database, Work

log = structlog.get_logger()

_RESULTS = "results"
#: Blobs that one sweep looks at, so that a large store is gone through little by little.
_MOST = 200
#: From the end of one round to the next; a crash is followed by a start, and each start begins one.
_PAUSE_S = 3600.0


@dataclass(kw_only=True)
class Leftovers:
    """Deletes what can never be named any more; age says nothing about that.

    The outcome of an attempt is taken as long as its job has not ended and no later attempt began. Once
    one of these is so, and the job's result is another one, nothing that is about to be committed can name
    the bytes.
    """

    db: Database
    blobs: BlobStore
    clock: Clock

    def __post_init__(self) -> None:
        self._after = ""
        self._rests_until = self.clock.steady()

    async def sweep(self) -> None:
        """Look at some more; to be called now and then."""
        if self.clock.steady() < self._rests_until:
            return
        keys = await self.blobs.list(_RESULTS, after=self._after, most=_MOST)
        for key in await self._unnamed(keys):
            await self.blobs.delete(key)
            log.info("leftover_deleted", key=key)
        if len(keys) == _MOST:
            self._after = keys[-1]
        else:
            self._after, self._rests_until = "", self.clock.steady() + _PAUSE_S

    async def _unnamed(self, keys: Sequence[str]) -> list[str]:
        places = {key: place for key in keys if (place := attempt_of(key)) is not None}
        async with self.db.look() as work:
            named = await _named(work, [id for id, _ in places.values()])
            return [
                key for key, place in places.items() if key not in named and await _is_lost(work, key, *place)
            ]


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
