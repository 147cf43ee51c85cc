"""Times, durations, numbers and texts, as they stand on the wire."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ketway.domain.booking_errors import UnknownTimeZone
from ketway.domain.slots import zone
from ketway.domain.texts import MAX_DESCRIPTION

_DURATION = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?s")
_WHOLE = re.compile("-?[0-9]+")
#: Longer than any limit that anything has, and still a number that can be reckoned with.
_FOREVER_S = 1e12
#: No page begins behind so many pages, and no page has so many rows.
_MANY = 10**9
_MANY_DIGITS = 20
#: Characters of a name, a tag, a deduplication id; of settings that come back in every list.
MAX_WORD = 255
MAX_TAGS = 100
MAX_SETTINGS = 2**20


def timestamp(moment: datetime) -> str:
    """UTC with exactly six digits: some clients cut the `Z` and parse the rest strictly."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def duration(seconds: float) -> str:
    """Decimal seconds and `s`, whole ones without decimals."""
    return f"{seconds:.9f}".rstrip("0").removesuffix(".") + "s"


def seconds(sent: Any) -> Any:
    """A duration as sent, in seconds; a bare number counts as seconds too."""
    if sent is None:
        return None
    if isinstance(sent, str) and _DURATION.fullmatch(sent):
        sent = float(sent.removesuffix("s"))
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        raise PydanticCustomError("format", "must be seconds followed by s, such as 900s or 2.5s")
    if sent <= 0:
        raise PydanticCustomError("constraint", "must be longer than 0s")
    return float(min(sent, _FOREVER_S))


def whole(sent: Any) -> Any:
    """A number of a query; beyond what any list has, all numbers mean the same."""
    if isinstance(sent, str):
        if not _WHOLE.fullmatch(sent):
            raise PydanticCustomError("format", "must be a whole number")
        # Not even read if it is long: that takes the square of its length.
        sent = int(sent[:_MANY_DIGITS])
    if sent < 0:
        raise PydanticCustomError("constraint", "must not be below 0")
    return min(sent, _MANY)


def _written(sent: Any) -> Any:
    if sent is not None and not isinstance(sent, str):
        raise PydanticCustomError("format", "must be a time such as 2026-01-31T09:15:00Z")
    return sent


def _utc(sent: datetime) -> datetime:
    try:
        return sent.astimezone(UTC)
    except OverflowError:  # the first or the last day of all, seen from elsewhere
        raise PydanticCustomError("constraint", "must be a time of our days") from None


def _zone_name(sent: str) -> str:
    try:
        zone(sent or "UTC")
    except UnknownTimeZone as unknown:
        raise PydanticCustomError("constraint", "{why}", {"why": str(unknown)}) from None
    return sent


def json_text(sent: Any) -> Any:
    """A text that holds JSON; whoever sends the JSON itself means its text."""
    return json.dumps(sent, ensure_ascii=False) if isinstance(sent, dict | list) else sent


def _none_as_empty(sent: Any) -> Any:
    return () if sent is None else sent


_TEXT = {"type": "string"}
_SECONDS = {"pattern": r"^[0-9]+(\.[0-9]{1,9})?s$"}
_TIMESTAMP = {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}

Timestamp = Annotated[datetime, PlainSerializer(timestamp), WithJsonSchema(_TEXT | _TIMESTAMP)]
#: A time as sent, with whatever offset.
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_utc),
    WithJsonSchema(_TEXT | {"format": "date-time"}),
]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)]
Duration = Annotated[float, PlainSerializer(duration), WithJsonSchema(_TEXT | _SECONDS)]
Seconds = Annotated[
    float | None,
    BeforeValidator(seconds),
    WithJsonSchema(
        {"anyOf": [_TEXT | _SECONDS, {"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}
    ),
]
Whole = Annotated[int, BeforeValidator(whole), WithJsonSchema({"type": "integer", "minimum": 0})]
Word = Annotated[str, StringConstraints(max_length=MAX_WORD)]
Words = Annotated[tuple[Word, ...], Field(max_length=MAX_TAGS)]
Tags = Annotated[
    Words,
    BeforeValidator(_none_as_empty, json_schema_input_type=Words | None),
]
_AN_OBJECT_TOO = str | dict[str, Any] | list[Any]
JsonText = Annotated[str, BeforeValidator(json_text, json_schema_input_type=_AN_OBJECT_TOO)]
Settings = Annotated[
    str,
    StringConstraints(max_length=MAX_SETTINGS),
    BeforeValidator(json_text, json_schema_input_type=_AN_OBJECT_TOO),
]
