"""Refusals as JSend bodies: always JSON, and `data` always an object."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ketway.api.faults import Refusing
from ketway.domain.errors import (
    BadField,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    OverQuota,
    Precondition,
    ProgramRefused,
    QuizTaken,
    Refusal,
    Several,
    ShotsMissing,
    ShotsOverLimit,
    TooLarge,
    TooManyJobs,
    Unauthenticated,
    Unavailable,
    UnknownEncoding,
)

log = structlog.get_logger()

HTTP: dict[type[Refusal], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    OverQuota: 403,
    NotFound: 404,
    Gone: 410,
    # The one clash that the reference gives a code of its own.
    QuizTaken: 400,
    Conflict: 409,
    Precondition: 409,
    Malformed: 400,
    UnknownEncoding: 415,
    Invalid: 422,
    TooLarge: 413,
    # Not 500, 502 or 504: clients repeat those five times, writes included.
    Unavailable: 503,
}

#: A place in a list, as a part of a field's name.
_PLACE = re.compile("[0-9]{1,9}")
#: The core's nouns, and the dialect's.
WORDS = {"process": "workload", "platform": "device", "program": "sequence", "notice": "banner"}
#: Where the fields that an engine speaks of stand in a request.
_FIELDS = {
    "program": ("body", "sequence_builder"),
    "parameters": ("body", "jobs"),
    "shots": ("body", "jobs"),
    "configuration": ("body", "backend_configuration"),
}


def install(app: FastAPI) -> None:
    """Answer every failure of an application in this dialect."""
    app.add_exception_handler(Refusal, refuse)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, break_down)


def status_of(refusal: Refusal) -> int:
    return next(code for branch, code in HTTP.items() if isinstance(refusal, branch))


def answer(
    request: Request,
    status: int,
    description: str | Sequence[dict[str, Any]],
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {
        "status": "fail" if status < 500 else "error",
        "message": HTTPStatus(status).phrase,
        "code": status if request.app.state.has_integer_codes else str(status),
        "data": {"description": description},
    }
    return JSONResponse(body, status, headers=headers)


def description(refusal: Refusal) -> str | list[dict[str, Any]]:
    """A sentence; a list of places and sentences where fields are at fault."""
    if isinstance(refusal, Several):
        return [_detail(part) for part in refusal.parts]
    if isinstance(refusal, BadField | ProgramRefused | ShotsMissing | ShotsOverLimit | TooManyJobs):
        return [_detail(refusal)]
    kind = getattr(refusal, "kind", None)
    return str(replace(cast(Any, refusal), kind=WORDS[kind]) if kind in WORDS else refusal)


async def refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status = status_of(error)
    return answer(request, status, description(error))


def rehearse(request: Request, refusing: Refusing) -> Response:
    """An error on purpose."""
    return answer(request, refusing.status, refusing.message, refusing.headers)


async def break_down(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return answer(request, 500, "The server failed; its log says why.")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = [{"loc": list(e["loc"]), "msg": e["msg"], "type": e["type"]} for e in error.errors()]
    return answer(request, 422, details)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = "There is no such route." if error.status_code == 404 else str(error.detail)
    return answer(request, error.status_code, sentence, error.headers)


def _detail(refusal: Invalid) -> dict[str, Any]:
    return {"loc": _place(refusal), "msg": _sentence(refusal), "type": "value_error"}


def _place(refusal: Invalid) -> list[str | int]:
    if isinstance(refusal, BadField):
        return [int(word) if _PLACE.fullmatch(word) else word for word in refusal.field]
    if isinstance(refusal, ProgramRefused):
        place: list[str | int] = list(_FIELDS.get(refusal.field, ("body",)))
        return [*place, refusal.job] if place[-1] == "jobs" and refusal.job is not None else place
    if isinstance(refusal, ShotsMissing | ShotsOverLimit):
        return ["body", "jobs", "runs"]
    return ["body", "jobs"]


def _sentence(refusal: Invalid) -> str:
    return refusal.message if isinstance(refusal, BadField) else str(refusal)
