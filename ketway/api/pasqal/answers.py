"""The envelope of every success, and how objects are put in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ketway.api import once
from ketway.api.bodies import read_json
from ketway.api.pasqal import translate
from ketway.api.pasqal.queries import pagination
from ketway.domain.accounts import Actor
from ketway.domain.batches import Batch
from ketway.domain.errors import BadField, Invalid, Malformed, Several
from ketway.domain.jobs import Job
from ketway.domain.programs import ProgramId
from ketway.domain.requests import Asked
from ketway.services.batches import Created
from ketway.services.core import Core
from ketway.services.drafts import NewBatch
from ketway.services.listing import Listed, Page

M = TypeVar("M", bound=BaseModel)


def success(
    data: Any,
    *,
    pagination: Mapping[str, int] | None = None,
    headers: Mapping[str, str] | None = None,
    code: str | int = "200",
) -> Response:
    body: dict[str, Any] = {"status": "success", "message": "OK.", "code": code, "data": data}
    if pagination is not None:
        body["pagination"] = pagination
    return Response(msgspec.json.encode(body), media_type="application/json", headers=headers)


def page(data: Any, listed: Listed[Any], asked: Page, *, code: str | int = "200") -> Response:
    """One page of a list, with where it stands in the whole."""
    block, headers = pagination(listed, asked)
    return success(data, pagination=block, headers=headers, code=code)


async def read(request: Request, kind: type[M], *, within: str | None = None) -> M:
    """The request's body as a model.

    Args:
        within: name of the field that a bare list stands for.
    Raises:
        OverBound, UnknownEncoding, Malformed, Invalid
    """
    said = await read_json(request, limit=request.app.state.max_body_bytes)
    if within is not None:
        if not isinstance(said, list):
            raise BadField(("body",), "must be a list", "format")
        said = {within: said}
    elif said is None:
        raise BadField(("body",), "is missing", "required")
    elif not isinstance(said, dict):
        raise Malformed("The body is not a JSON object.")
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        parts: list[Invalid] = [
            BadField(("body", *map(str, found["loc"])), found["msg"]) for found in error.errors()[:50]
        ]
        raise Several(parts) from None


async def read_once(
    request: Request, actor: Actor, kind: type[M], *, within: str | None = None
) -> tuple[M, Asked]:
    """As `read`, for a request that makes something: it may come again."""
    return await read(request, kind, within=within), once.asked(request, actor)


async def batches(core: Core, kept: Sequence[Batch]) -> list[dict[str, Any]]:
    """Batches as lists have them, with their counts and the ids of their jobs."""
    ids = [batch.id for batch in kept]
    names = await core.platforms.names()
    counts = await core.batches.counts(ids)
    job_ids = await core.batches.job_ids(ids)
    return [
        translate.batch(batch, names[batch.platform_id], counts[batch.id], job_ids.get(batch.id, ()))
        for batch in kept
    ]


async def batch_with_jobs(core: Core, actor: Actor, kept: Batch) -> dict[str, Any]:
    """A batch and its jobs, as version 2 has them: without results."""
    (shown,) = await batches(core, [kept])
    return shown | {"jobs": [translate.job(job) for job in await core.batches.jobs_of(actor, kept.id)]}


async def batch_v1(core: Core, actor: Actor, kept: Batch, sequence: str | None) -> dict[str, Any]:
    """A batch and its jobs, as version 1 has them where there are no results.

    Args:
        sequence: the batch's, which clients up to 0.12.1 need.
    """
    (shown,) = await batches(core, [kept])
    jobs = await jobs_v1(core, actor, await core.batches.jobs_of(actor, kept.id))
    return shown | {"sequence_builder": sequence, "jobs": jobs}


async def created(core: Core, actor: Actor, made: Created, new: NewBatch) -> dict[str, Any]:
    """As `batch_v1`, of what a request made: from what it sent, where nothing came to it since."""
    first = [job for job in made.jobs if job.position <= len(new.jobs)]
    jobs = [translate.job_v1(job, new.jobs[job.position - 1].program) for job in first]
    later = await jobs_v1(core, actor, made.jobs[len(first) :])
    ids = [job.id for job in made.jobs]
    shown = translate.batch(made.batch, new.platform.name, translate.counted(made.jobs), ids)
    return shown | {"sequence_builder": new.program, "jobs": [*jobs, *later]}


async def batch_with_results(core: Core, actor: Actor, kept: Batch) -> dict[str, Any]:
    """A batch and its jobs, as version 1 has them: clients up to 0.10.0 know no other results."""
    (shown,) = await batches(core, [kept])
    jobs = await core.batches.jobs_of(actor, kept.id)
    sequence = await sequence_of(core, actor, kept)
    children = await core.batches.children(actor, kept.id)
    return translate.batch_with_sequence(shown, sequence, children) | {
        "jobs": await jobs_with_results(core, actor, jobs)
    }


async def jobs_v1(core: Core, actor: Actor, kept: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs as version 1 has them where there are no results: with their own sequences."""
    sequences = await _own_sequences(core, actor, kept)
    return [translate.job_v1(job, _own(job, sequences)) for job in kept]


async def jobs_with_results(core: Core, actor: Actor, kept: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs as version 1 has them: with their own sequences and what they counted."""
    documents = await core.jobs.documents([job.id for job in kept])
    sequences = await _own_sequences(core, actor, kept)
    shown: list[dict[str, Any]] = []
    for job in kept:
        document = json.loads(documents[job.id]) if job.id in documents else None
        shown.append(translate.job_with_result(job, _own(job, sequences), document))
    return shown


async def sequence_of(core: Core, actor: Actor, kept: Batch | Job) -> str | None:
    """Its own, exactly as received."""
    return await core.programs.text(actor, kept.program_id) if kept.program_id else None


async def _own_sequences(core: Core, actor: Actor, kept: Sequence[Job]) -> Mapping[ProgramId, str]:
    ids = dict.fromkeys(job.program_id for job in kept if job.program_id is not None)
    return await core.programs.texts(actor, list(ids))


def _own(job: Job, sequences: Mapping[ProgramId, str]) -> str | None:
    return None if job.program_id is None else sequences[job.program_id]
