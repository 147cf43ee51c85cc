"""Query parameters: repeated keys are lists, an empty text is none, unknown ones are ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from starlette.datastructures import QueryParams

from ketway.api.bodies import must_have_no_nul
from ketway.api.openapi import Parameter, Schema
from ketway.api.pasqal import translate, wire
from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import BadField
from ketway.domain.jobs import Job
from ketway.domain.learning import Standing
from ketway.domain.platforms import Door, PlatformId, platform_id
from ketway.domain.priorities import Priority
from ketway.services.listing import BatchFilter, JobFilter, Listed, Order, Page, ProcessFilter

MAX_LIMIT = 100
MAX_OFFSET = 2**31
_AVAILABILITIES = {word: word for word in ("ACTIVE", "INACTIVE", "RETIRED")}
_INTEGER = re.compile("-?[0-9]+")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

T = TypeVar("T")


class Query:
    """One request's parameters, read as what they should be.

    Every reader raises BadField, which names the parameter.
    """

    def __init__(self, params: QueryParams) -> None:
        self._params = params

    def all(self, name: str, read: Callable[[str], T], kind: str) -> tuple[T, ...]:
        """Every value of a repeated key."""
        return tuple(self._read(name, value, read, kind) for value in self._params.getlist(name) if value)

    def one(self, name: str, read: Callable[[str], T], kind: str) -> T | None:
        """The last value, or None."""
        values = self.all(name, read, kind)
        return values[-1] if values else None

    def number(self, name: str, default: int, *, least: int = 0, most: int = MAX_OFFSET) -> int:
        value = self.one(name, _integer, "an integer")
        if value is None:
            return default
        if not least <= value <= most:
            raise BadField(("query", name), f"must be {least} to {most}")
        return value

    def boolean(self, name: str) -> bool | None:
        return self.one(name, lambda text: _BOOLEANS[text.lower()], "true or false")

    def moment(self, name: str) -> datetime | None:
        """ISO 8601; without an offset it is UTC."""
        return self.one(name, _moment, "a date and time in ISO 8601")

    def needed(self, name: str, read: Callable[[str], T], kind: str) -> T:
        value = self.one(name, read, kind)
        if value is None:
            raise BadField(("query", name), "is missing", "required")
        return value

    def project(self) -> ProjectId:
        return ProjectId(self.needed("project_id", UUID, "a UUID"))

    def projects(self) -> tuple[ProjectId, ...] | None:
        return tuple(ProjectId(id) for id in self.all("project_id", UUID, "a UUID")) or None

    def page(self, default: Order = Order.CREATED) -> Page:
        order = self.one("order_by", lambda text: translate.ORDERS[text], "a field to sort by")
        downward = self.one("order_by_direction", lambda text: _DIRECTIONS[text.upper()], "ASC or DESC")
        return Page(
            offset=self.number("offset", 0),
            limit=self.number("limit", MAX_LIMIT, least=1, most=MAX_LIMIT),
            order=default if order is None else order,
            descending=True if downward is None else downward,
        )

    def _read(self, name: str, value: str, read: Callable[[str], T], kind: str) -> T:
        must_have_no_nul(("query", name), value)
        try:
            return read(value)
        except (ValueError, KeyError, OverflowError):
            raise BadField(("query", name), f"'{value[:80]}' is not {kind}", "format") from None


_ORIGINS: dict[str, Sequence[Door]] = {word: [door] for door, word in translate.ORIGINS.items()}
_ORIGINS |= {"AZURE": [], "UNKNOWN": []}
_DIRECTIONS = {"ASC": False, "DESC": True}
_JOB_WORDS = {word: status for status, word in translate.JOB_STATUS.items()}
_BATCH_WORDS: dict[str, list[Any]] = {}
for _status, _word in translate.BATCH_STATUS.items():
    _BATCH_WORDS.setdefault(_word, []).append(_status)
_BATCH_WORDS["PAUSED"] = [BatchStatus.PAUSED]
#: Words that clients may ask for and that nothing here ever is.
_NEVER = ("CANCELING",)
#: A filter on this id lists nothing; an empty one would list everything.
_NOTHING = UUID(int=0)


_WORD: Schema = {"type": "string"}
_ID: Schema = {"type": "string", "format": "uuid"}
_IDS: Schema = {"type": "array", "items": _ID}
_WORDS: Schema = {"type": "array", "items": _WORD}
_NUMBER: Schema = {"type": "integer"}
_DATE: Schema = {"type": "string", "format": "date-time"}
_BOOLEAN: Schema = {"type": "boolean"}


def _listed(words: Iterable[str]) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list(words)}}


#: What the readers below read, for the document.
PAGE = (
    Parameter(name="limit", schema=_NUMBER | {"minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}),
    Parameter(name="offset", schema=_NUMBER | {"minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
)
PAGING = (
    *PAGE,
    Parameter(name="order_by", schema=_WORD | {"enum": list(translate.ORDERS), "default": "created_at"}),
    Parameter(name="order_by_direction", schema=_WORD | {"enum": list(_DIRECTIONS), "default": "DESC"}),
)
PROJECT = Parameter(name="project_id", schema=_ID, is_needed=True)
PROJECTS = Parameter(name="project_id", schema=_IDS)
SCOPE = Parameter(name="scope", schema=_WORD | {"enum": ["HOUR", "DAY", "MONTH"]}, is_needed=True)
PROJECT_STATUS = Parameter(name="project_status", schema=_WORDS, means="Every project here is ACTIVE.")
DRY_RUN = Parameter(
    name="dry_run",
    schema=_BOOLEAN | {"default": False},
    means="Validate everything, keep nothing, and say how long each job would run.",
)
_SELECTED = (
    Parameter(name="id", schema=_IDS),
    Parameter(name="id__starts_with", schema=_WORD),
    PROJECTS,
)
_CREATED = (
    Parameter(name="start_date", schema=_DATE, means="Created then or later; UTC without an offset."),
    Parameter(name="end_date", schema=_DATE, means="Created then or earlier; UTC without an offset."),
)
BATCH_FILTERS = (
    *_SELECTED,
    Parameter(name="user_id", schema=_WORDS, means="Who created it."),
    Parameter(name="device_type", schema=_WORDS),
    Parameter(name="status", schema=_listed([*_BATCH_WORDS, *_NEVER])),
    Parameter(name="complete", schema=_BOOLEAN, means="The opposite of `open`."),
    Parameter(name="open", schema=_BOOLEAN),
    Parameter(name="min_jobs", schema=_NUMBER),
    Parameter(name="max_jobs", schema=_NUMBER),
    Parameter(name="queue_priority", schema=_listed(priority.name for priority in Priority)),
    Parameter(name="tag", schema=_WORD, means="One that it has."),
    *_CREATED,
)
JOB_FILTERS = (
    *_SELECTED,
    Parameter(name="batch_id", schema=_IDS),
    Parameter(name="user_id", schema=_WORDS, means="Who created it."),
    Parameter(name="status", schema=_listed([*_JOB_WORDS, "PAUSED", *_NEVER])),
    Parameter(name="min_runs", schema=_NUMBER),
    Parameter(name="max_runs", schema=_NUMBER),
    Parameter(name="errors", schema=_BOOLEAN, means="Whether it has any."),
    Parameter(name="origin", schema=_listed(_ORIGINS)),
    *_CREATED,
)
PROCESS_FILTERS = (
    *_SELECTED,
    Parameter(name="status", schema=_listed([*_JOB_WORDS, "PAUSED", *_NEVER])),
    *_CREATED,
)
DEVICE_FILTERS = (
    Parameter(name="device_type", schema=_WORDS),
    Parameter(name="availability", schema=_listed(_AVAILABILITIES)),
    Parameter(name="public", schema=_BOOLEAN),
)
STANDING = Parameter(name="status", schema=_WORD | {"enum": [standing.name for standing in Standing]})
STANDINGS = Parameter(name="status", schema=_listed(standing.name for standing in Standing))
SEARCH = Parameter(name="search", schema=_WORD, means="A text that it has.")
RESULT_FILTERS = (
    Parameter(name="id", schema=_IDS),
    Parameter(name="start_date", schema=_DATE, means="Of jobs that started then or later."),
    Parameter(name="end_date", schema=_DATE, means="Of jobs that ended then or earlier."),
)


def batch_filter(query: Query) -> BatchFilter:
    """
    Raises:
        BadField
    """
    words = query.all("status", _batch_word, "a batch status")
    opened, completed = query.boolean("open"), query.boolean("complete")
    tag = query.one("tag", str, "a tag")
    return BatchFilter(
        ids=_ids(query, words),
        id_starts_with=query.one("id__starts_with", str.lower, "the beginning of a UUID"),
        project_ids=query.projects(),
        creator_ids=_creators(query),
        platform_ids=_platforms(query),
        statuses=tuple(status for statuses in words for status in statuses),
        priorities=query.all("queue_priority", lambda text: Priority[text], "a queue priority"),
        tags=() if tag is None else (tag,),
        is_open=opened if completed is None else not completed,
        min_jobs=query.one("min_jobs", _whole, "a number of jobs"),
        max_jobs=query.one("max_jobs", _whole, "a number of jobs"),
        created_from=query.moment("start_date"),
        created_until=query.moment("end_date"),
    )


def cancel_filter(said: wire.CancelBatches) -> BatchFilter:
    """Batches that live, and that a body's filters select."""
    words = said.status or ("PENDING", "RUNNING")
    return BatchFilter(
        project_ids=tuple(ProjectId(id) for id in said.project_id or ()) or None,
        creator_ids=tuple(AccountId(_uuid_or_nobody(id)) for id in said.user_id or ()),
        platform_ids=tuple(platform_id(name) for name in said.device_type or ()) or None,
        tags=tuple(said.tags or ()),
        priorities=tuple(Priority[word] for word in said.queue_priority or ()),
        statuses=tuple(status for word in words for status in _BATCH_WORDS[word]),
        is_open=said.open,
        created_from=said.start_date,
    )


def job_filter(query: Query) -> JobFilter:
    """
    Raises:
        BadField
    """
    words = query.all("status", _job_word, "a job status")
    origins = query.all("origin", lambda text: _ORIGINS[text], "an origin")
    return JobFilter(
        doors=tuple(door for doors in origins for door in doors) if any(origins) else (),
        ids=_ids(query, words, origins),
        id_starts_with=query.one("id__starts_with", str.lower, "the beginning of a UUID"),
        batch_ids=tuple(BatchId(id) for id in query.all("batch_id", UUID, "a UUID")),
        project_ids=query.projects(),
        creator_ids=_creators(query),
        statuses=tuple(status for statuses in words for status in statuses),
        min_shots=query.one("min_runs", _whole, "a number of runs"),
        max_shots=query.one("max_runs", _whole, "a number of runs"),
        has_errors=query.boolean("errors"),
        created_from=query.moment("start_date"),
        created_until=query.moment("end_date"),
    )


def process_filter(query: Query) -> ProcessFilter:
    """
    Raises:
        BadField
    """
    words = query.all("status", _job_word, "a workload status")
    return ProcessFilter(
        ids=_ids(query, words),
        id_starts_with=query.one("id__starts_with", str.lower, "the beginning of a UUID"),
        project_ids=query.projects(),
        statuses=tuple(status for statuses in words for status in statuses),
        created_from=query.moment("start_date"),
        created_until=query.moment("end_date"),
    )


def device_filter(query: Query) -> Callable[[Mapping[str, Any]], bool]:
    """
    Raises:
        BadField
    """
    types = query.all("device_type", str, "a device type")
    availabilities = query.all("availability", lambda text: _AVAILABILITIES[text], "an availability")
    public = query.boolean("public")

    def is_wanted(device: Mapping[str, Any]) -> bool:
        return (
            (not types or device["device_type"] in types)
            and (not availabilities or device["availability"] in availabilities)
            and public in (None, device["public"])
        )

    return is_wanted


def results_filter(query: Query) -> Callable[[Job], bool]:
    """Of one batch's jobs; dates here are of when a job ran.

    Raises:
        BadField
    """
    ids = query.all("id", UUID, "a UUID")
    since, until = query.moment("start_date"), query.moment("end_date")

    def is_wanted(job: Job) -> bool:
        return (
            (not ids or job.id in ids)
            and (since is None or (job.started_at is not None and job.started_at >= since))
            and (until is None or (job.ended_at is not None and job.ended_at <= until))
        )

    return is_wanted


def pagination(listed: Listed[Any], page: Page) -> tuple[dict[str, int], dict[str, str]]:
    """The envelope's block and the headers of one page; `end` always advances with the items."""
    end = page.offset + len(listed.items)
    first = page.offset + 1 if listed.items else 0
    last = end if listed.items else 0
    headers = {
        "Content-Range": f"{first}-{last}/{listed.total}",
        "Access-Control-Expose-Headers": "Content-Range",
    }
    # A client loops until `end` reaches `total`; beyond the last row it must get there at once.
    total = listed.total if listed.items else min(listed.total, end)
    return {"total": total, "start": page.offset, "end": end}, headers


def _batch_word(text: str) -> Sequence[Any]:
    return [] if text in _NEVER else _BATCH_WORDS[text]


def _job_word(text: str) -> Sequence[Any]:
    return [] if text in ("PAUSED", *_NEVER) else [_JOB_WORDS[text]]


def _ids(query: Query, *conditions: Sequence[Sequence[Any]]) -> tuple[UUID, ...]:
    """The ids asked for; none at all where a condition has only words for what nothing here is."""
    if any(words and not any(words) for words in conditions):
        return (_NOTHING,)
    return query.all("id", UUID, "a UUID")


def _whole(text: str) -> int:
    # What no database could compare is cut to what it can.
    return max(-1, min(_integer(text), 2**53))


def _integer(text: str) -> int:
    """Plain digits alone: not all that Python takes for a number."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _creators(query: Query) -> tuple[AccountId, ...]:
    """User ids are texts to clients; one that is no UUID is nobody's."""
    return tuple(AccountId(_uuid_or_nobody(text)) for text in query.all("user_id", str, "a user id"))


def _platforms(query: Query) -> tuple[PlatformId, ...] | None:
    return tuple(platform_id(name) for name in query.all("device_type", str, "a device type")) or None


def _uuid_or_nobody(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _moment(text: str) -> datetime:
    # A `+` that was not escaped arrives as a space.
    read = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    return wire.utc(read)
