"""Refusals as the dialect's typed errors: always JSON, with every key that the type needs.

Clients match on `type` and show the whole text; one that lacks a key becomes a second error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ketway.api.faults import Refusing
from ketway.api.scaleway import translate, translate_bookings
from ketway.api.scaleway.scalars import timestamp
from ketway.domain.accounts import Action, ProjectId
from ketway.domain.booking_errors import SlotRefused
from ketway.domain.errors import (
    BadField,
    BadToken,
    Conflict,
    Deleted,
    Forbidden,
    Gone,
    Invalid,
    JobStillLives,
    NotAllowed,
    NotFound,
    OverQuota,
    PlatformUnserved,
    Precondition,
    ProgramRefused,
    QuotaReached,
    Refusal,
    ResultExpired,
    Several,
    ShotsMissing,
    ShotsOverLimit,
    TooLarge,
    TooManyJobs,
    Unauthenticated,
    Unavailable,
    Unknown,
)
from ketway.domain.quota_errors import QuotaExceeded

log = structlog.get_logger()

Facts = dict[str, Any]

#: The dialect's word for each of the core's nouns.
RESOURCES = {
    "batch": "qaas_session",
    "job": "qaas_job",
    "booking": "qaas_booking",
    "program": "qaas_model",
    "platform": "qaas_platform",
    "blob": "qaas_job_result",
    "application": "qaas_application",
    "process": "qaas_process",
    "project": "project",
}
#: What a path's placeholder names.
PLACEHOLDERS = {
    "platform_id": "qaas_platform",
    "session_id": "qaas_session",
    "job_id": "qaas_job",
    "model_id": "qaas_model",
    "booking_id": "qaas_booking",
    "application_id": "qaas_application",
    "process_id": "qaas_process",
}
ACTS_ON = {
    Action.CANCEL_JOB: "qaas_job",
    Action.CHANGE_JOB: "qaas_job",
    Action.DELETE_JOB: "qaas_job",
    Action.ADD_JOBS: "qaas_session",
    Action.CLOSE_BATCH: "qaas_session",
    Action.CANCEL_BATCH: "qaas_session",
    Action.CHANGE_BATCH: "qaas_session",
    Action.DELETE_BATCH: "qaas_session",
    Action.CHANGE_BOOKING: "qaas_booking",
    Action.CANCEL_PROCESS: "qaas_process",
    Action.CHANGE_PROCESS: "qaas_process",
    Action.DELETE_PROCESS: "qaas_process",
    Action.CHANGE_USE_CASE: "use_case",
    Action.MANAGE_MEMBERS: "project",
    Action.OPERATE: "server",
}
TOKEN_REASONS = {
    "missing": "invalid_argument",
    "malformed": "invalid_argument",
    "unknown": "not_found",
    "expired": "expired",
}
#: What to do about a key; the core speaks of tokens, which one logs in for.
TOKEN_SENTENCES = {
    "missing": "Send a secret key in the header X-Auth-Token.",
    "malformed": "A secret key is a UUID; send the one that you were given in X-Auth-Token, as it stands.",
    "unknown": "The secret key is not one of this server's.",
    "expired": "The secret key has expired or was revoked; ask for a new one.",
}
#: The core's nouns in a sentence, and the dialect's.
WORDS = {
    "batches": "sessions",
    "batch": "session",
    "Batch": "Session",
    "program": "model",
    "Program": "Model",
}
#: Characters of what was sent that an error repeats.
_MAX_ECHO = 200


@dataclass(eq=False)
class NotYourProject(Forbidden):
    """No such project, or none of this key's; nobody learns which.

    Args:
        action: `read` or `write`.
    """

    id: ProjectId
    action: str

    def __str__(self) -> str:
        return (
            f"This key has no right to {self.action} in project {self.id}; use the project it was made for."
        )


@dataclass(eq=False)
class Passing(Conflict):
    """Something is about to be over; what it can be asked, it can be asked then.

    Args:
        kind: a core word.
        status: the dialect's.
    """

    kind: str
    id: str
    status: str

    def __str__(self) -> str:
        return f"The {self.kind} is {self.status}; wait until it has ended."


@dataclass(eq=False)
class Absent(NotFound):
    """Something that this server has none of."""

    resource: str
    id: str

    def __str__(self) -> str:
        return f"There is no {self.resource.removeprefix('qaas_')} with this id."


@dataclass(eq=False)
class SessionOver(Precondition):
    """A job for a session that takes none any more."""

    id: str
    status: str

    def __str__(self) -> str:
        return f"Session {self.id} is {self.status} and takes no more jobs; create a new one."


@dataclass(frozen=True)
class Answer:
    """How one branch of refusals is answered.

    Args:
        facts: the keys that `type` needs beside `message`, from the refusal and the time.
    """

    status: int
    type: str
    facts: Callable[[Any, datetime], Facts]


def body(refusal: Refusal, now: datetime) -> tuple[int, Facts]:
    """Status and JSON of a refusal."""
    answer = next(answer for branch, answer in HTTP.items() if isinstance(refusal, branch))
    said = {"type": answer.type, "message": sentence(refusal)}
    return answer.status, said | answer.facts(refusal, now)


def sentence(refusal: Refusal) -> str:
    """For a person, in the dialect's words."""
    if isinstance(refusal, BadToken):
        return TOKEN_SENTENCES[refusal.reason]
    said = str(refusal)
    for core_word, word in WORDS.items():
        said = said.replace(core_word, word)
    return translate_bookings.with_text(refusal, said)


def details(refusal: Refusal) -> Sequence[Mapping[str, str]]:
    """What is wrong with which argument."""
    match refusal:
        case Several(parts=parts):
            return [detail for part in parts for detail in details(part)]
        case BadField(field=field, reason=reason, message=message):
            return [_detail(".".join(field), reason, message)]
        case ShotsMissing():
            return [_detail("parameters", "required", str(refusal))]
        case ShotsOverLimit():
            return [_detail("parameters", "constraint", sentence(refusal))]
        case ProgramRefused(field=field):
            return [_detail(field, "constraint", sentence(refusal))]
        case SlotRefused():
            return [_detail("booking_demand", "constraint", sentence(refusal))]
        case TooManyJobs():
            return [_detail("jobs", "constraint", sentence(refusal))]
        case TooLarge():
            return [_detail("body", "constraint", sentence(refusal))]
        case _:
            return [_detail("body", "format", sentence(refusal))]


def _detail(name: str, reason: str, message: str) -> Mapping[str, str]:
    return {"argument_name": name, "reason": reason, "help_message": message}


def _who(refusal: Unauthenticated, now: datetime) -> Facts:
    reason = TOKEN_REASONS[refusal.reason] if isinstance(refusal, BadToken) else "not_found"
    return {"method": "api_key", "reason": reason}


def _rights(refusal: Forbidden, now: datetime) -> Facts:
    match refusal:
        case NotYourProject(action=action):
            return {"details": [{"resource": "project", "action": action}]}
        case NotAllowed(action=action):
            return {"details": [{"resource": ACTS_ON[Action(action)], "action": "write"}]}
        case _:
            return {"details": [{"resource": "project", "action": "write"}]}


def _quota(refusal: OverQuota, now: datetime) -> Facts:
    match refusal:
        case QuotaReached(kind=kind, quota=quota, current=current, project_id=project_id):
            facts = {"resource": RESOURCES[kind], "quota": quota, "current": current}
            return {"details": [facts | {"project_id": project_id}]}
        case QuotaExceeded(kind=kind, quota=quota, current=current, project_id=project_id):
            # Whole numbers alone: what was spent is rounded up, as it stands in the message.
            facts = {"resource": RESOURCES[kind], "quota": int(quota), "current": ceil(current)}
            return {"details": [facts | {"project_id": project_id}]}
        case _:
            return {"details": []}


def _which(refusal: NotFound, now: datetime) -> Facts:
    match refusal:
        case Absent(resource=resource, id=id):
            return {"resource": resource, "resource_id": id[:_MAX_ECHO]}
        case Unknown(kind=kind, id=id):
            return {"resource": RESOURCES.get(kind, kind), "resource_id": id}
        case _:
            return {"resource": "", "resource_id": ""}


def _since(refusal: Gone, now: datetime) -> Facts:
    if isinstance(refusal, ResultExpired):
        return {
            "resource": "job_result",
            "resource_id": refusal.id,
            "expired_since": timestamp(refusal.since),
        }
    kind, id = (refusal.kind, refusal.id) if isinstance(refusal, Deleted) else ("blob", "")
    # Nobody knows since when; what is gone was so at the latest now.
    return {"resource": RESOURCES.get(kind, kind), "resource_id": id, "expired_since": timestamp(now)}


def _state(refusal: Conflict, now: datetime) -> Facts:
    kind = getattr(refusal, "kind", "batch")
    return {
        "resource": RESOURCES.get(kind, kind),
        "resource_id": getattr(refusal, "id", ""),
        "current_state": _current(refusal, kind),
    }


def _current(refusal: Conflict, kind: str) -> str:
    if isinstance(refusal, Passing):
        return refusal.status
    status: str | None = getattr(refusal, "status", None)
    return "changing" if status is None else translate.state(kind, status)


def _usable(refusal: Precondition, now: datetime) -> Facts:
    still_used = isinstance(refusal, JobStillLives)
    return {
        "precondition": "resource_still_in_use" if still_used else "resource_not_usable",
        "help_message": sentence(refusal),
    }


def _arguments(refusal: Invalid | TooLarge, now: datetime) -> Facts:
    return {"details": details(refusal)}


def _stock(refusal: PlatformUnserved, now: datetime) -> Facts:
    return {"resource": "qaas_platform"}


def _nothing(refusal: Unavailable, now: datetime) -> Facts:
    return {}


#: The first that fits counts.
HTTP: dict[type[Refusal], Answer] = {
    PlatformUnserved: Answer(503, "out_of_stock", _stock),
    Unauthenticated: Answer(401, "denied_authentication", _who),
    Forbidden: Answer(403, "permissions_denied", _rights),
    OverQuota: Answer(403, "quotas_exceeded", _quota),
    NotFound: Answer(404, "not_found", _which),
    Gone: Answer(410, "expired", _since),
    Conflict: Answer(409, "transient_state", _state),
    Precondition: Answer(412, "precondition_failed", _usable),
    Invalid: Answer(400, "invalid_arguments", _arguments),
    TooLarge: Answer(400, "invalid_arguments", _arguments),
    Unavailable: Answer(503, "internal", _nothing),
}


def install(app: FastAPI) -> None:
    """Answer every error of an application in this dialect."""
    app.add_exception_handler(Refusal, refuse)
    app.add_exception_handler(RequestValidationError, no_such_id)
    app.add_exception_handler(HTTPException, no_such_route)
    app.add_exception_handler(Exception, break_down)


async def refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status, answer = body(error, request.app.state.core.clock.now())
    return JSONResponse(answer, status)


async def no_such_id(request: Request, error: Exception) -> Response:
    """An id in the path that is no UUID names nothing; all else that is sent, we read ourselves."""
    name, id = next(iter(request.path_params.items()), ("", ""))
    return await refuse(request, Absent(PLACEHOLDERS.get(name, name), id))


async def no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path[:_MAX_ECHO]
    if error.status_code == 404:
        answer: Facts = {"type": "not_found", "resource": "route", "resource_id": path}
        return JSONResponse(answer | {"message": f"Nothing is served at {path}."}, 404)
    answer = {"type": "method_not_allowed", "message": f"{request.method} is not served at {path}."}
    return JSONResponse(answer, error.status_code, headers=error.headers)


def rehearse(request: Request, refusing: Refusing) -> Response:
    """An error on purpose."""
    said: Facts = {"type": "internal", "message": refusing.message}
    if refusing.status == 429:
        said |= {"type": "too_many_requests", "help_message": refusing.message}
        if refusing.retry_after_s is not None:
            said["reset_seconds"] = refusing.retry_after_s
    return JSONResponse(said, refusing.status, headers=refusing.headers)


async def break_down(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return JSONResponse({"type": "internal", "message": "The server failed; its log says why."}, 500)
