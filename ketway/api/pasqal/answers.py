"""The envelope of every success, and how objects are put in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ketway.api.bodies import read_json
from ketway.api.pasqal import translate
from ketway.domain.batches import Batch
from ketway.domain.errors import BadField, Invalid, Malformed, Several
from ketway.services.core import Core

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


async def batches(core: Core, kept: Sequence[Batch]) -> list[dict[str, Any]]:
    """Batches as lists have them, with their counts and the ids of their jobs."""
    ids = [batch.id for batch in kept]
    counts = await core.batches.counts(ids)
    job_ids = await core.batches.job_ids(ids)
    return [
        translate.batch(
            batch, core.platforms.get(batch.platform_id), counts[batch.id], job_ids.get(batch.id, ())
        )
        for batch in kept
    ]
