"""Times, durations and texts that hold JSON, as they stand on the wire."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"\d{1,18}(\.\d{1,9})?s")


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
    return float(sent)


def json_text(sent: Any) -> Any:
    """A text that holds JSON; whoever sends the JSON itself means its text."""
    return json.dumps(sent, ensure_ascii=False) if isinstance(sent, dict | list) else sent


def _none_as_empty(sent: Any) -> Any:
    return () if sent is None else sent


Timestamp = Annotated[datetime, PlainSerializer(timestamp)]
Duration = Annotated[float, PlainSerializer(duration)]
Seconds = Annotated[float | None, BeforeValidator(seconds)]
JsonText = Annotated[str, BeforeValidator(json_text)]
Tags = Annotated[tuple[str, ...], BeforeValidator(_none_as_empty)]
