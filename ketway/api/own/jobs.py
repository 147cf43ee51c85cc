"""Routes of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own.requests import actor_of, page_of, statuses_of
from ketway.domain.errors import Unknown
from ketway.domain.jobs import Job, JobId
from ketway.domain.results import Result
from ketway.services.core import Core
from ketway.services.listing import JobFilter
from ketway.services.prospects import NO_PROSPECT, Prospect


def routes(core: Core) -> list[Route]:
    jobs = Jobs(core)
    return [
        Route("/jobs", jobs.list, methods=["GET"]),
        Route("/jobs/{id:uuid}", jobs.get, methods=["GET"]),
        Route("/jobs/{id:uuid}/cancel", jobs.cancel, methods=["POST"]),
        Route("/jobs/{id:uuid}/result", jobs.result, methods=["GET"]),
    ]


class Jobs:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        page = page_of(request, default=50, descending=True)
        listed = await self._core.jobs.list(actor, JobFilter(statuses=statuses_of(request)), page)
        shown = await self._shown(listed.items, await self._core.prospects.of_listed(listed.items))
        return answer({"jobs": shown, "total": listed.total})

    async def get(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        job = await self._core.jobs.get(actor, _id(request))
        found = (await self._core.jobs.results([job.id])).get(job.id)
        (shown,) = await self._shown([job], {job.id: await self._core.prospects.of(job)})
        return answer(shown | {"result": found and _result(found)})

    async def cancel(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        (shown,) = await self._shown([await self._core.jobs.cancel(actor, _id(request))])
        return answer(shown)

    async def result(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        job = await self._core.jobs.get(actor, _id(request))
        found = await self._core.jobs.result(job.id)
        if found is None:
            raise Unknown("result", str(job.id))
        headers = {"Content-Disposition": f'attachment; filename="{job.id}.json"'}
        body = await self._core.jobs.document(found)
        return Response(body, media_type="application/json", headers=headers)

    async def _shown(
        self, jobs: Sequence[Job], prospects: Mapping[JobId, Prospect] | None = None
    ) -> Sequence[dict[str, Any]]:
        names, known = await self._core.platforms.names(), prospects or {}
        return [_job(job, names[job.platform_id]) | _prospect(known.get(job.id, NO_PROSPECT)) for job in jobs]


def _prospect(found: Prospect) -> dict[str, Any]:
    estimate, start = found.estimate, found.start
    return {
        "estimate": estimate
        and {
            "seconds": estimate.seconds,
            "seconds_low": estimate.low_s,
            "seconds_high": estimate.high_s,
            "memory_bytes": estimate.memory_bytes,
            "runs_measured": estimate.runs,
            "extrapolated": estimate.is_extrapolated,
        },
        "queue_position": found.position,
        "estimated_start": start
        and {
            "earliest": start.earliest.isoformat(),
            "expected": start.expected.isoformat(),
            "latest": start.latest.isoformat(),
        },
    }


def _job(job: Job, platform: str) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "batch_id": str(job.batch_id),
        "door": job.door,
        "platform": platform,
        "name": job.name,
        "position": job.position,
        "status": job.status.value,
        "progress": job.progress,
        "shots": job.shots,
        "attempt": job.attempt,
        "errors": list(job.errors),
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at and job.started_at.isoformat(),
        "ended_at": job.ended_at and job.ended_at.isoformat(),
    }


def _result(found: Result) -> dict[str, Any]:
    return {
        "size": found.size,
        "sha256": found.sha256,
        "shots": found.shots,
        "counts": [dict(counts) for counts in found.counts],
        "metadata": dict(found.metadata),
    }


def _id(request: Request) -> JobId:
    id: UUID = request.path_params["id"]
    return JobId(id)
