"""A result: what a finished job left, and where its bytes are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ketway.domain.accounts import ProjectId
from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobId

_KEY = re.compile(r"results/[0-9a-f]{2}/(?P<job>[0-9a-f-]{36})-(?P<attempt>[0-9]+)-[0-9a-f]{16}")

#: Outcomes kept beside the result for a person to look at; the document holds them all.
MAX_COUNTS_SHOWN = 1024


#: Bytes of a document that is kept in the row of its result, so that both are one write. Measured: up
#: to here a row is at least half as cheap again as a file of its own; beyond, files are.
MAX_IN_ROW = 64 * 1024
_ROWS = "rows/"


def key_of(job_id: JobId, attempt: int, sha256: str, *, is_in_row: bool) -> str:
    """Where the document of one attempt is; different bytes never share a place."""
    folder = _ROWS if is_in_row else f"results/{str(job_id)[:2]}/"
    return f"{folder}{job_id}-{attempt}-{sha256[:16]}"


def job_of(key: str) -> JobId:
    """Of a document that is kept in a row.

    Raises:
        Unknown: no such key was ever made.
    """
    try:
        return JobId(UUID(key.removeprefix(_ROWS)[:36]))
    except ValueError:
        raise Unknown("document", key) from None


def names_row(key: str) -> bool:
    """Whether a key is that of a document which is kept in the row of its result."""
    return key.startswith(_ROWS)


def owner_of(key: str) -> JobId | None:
    """Whose document a key is of, wherever it is kept; None for one that is no result's."""
    if not names_row(key):
        place = attempt_of(key)
        return None if place is None else place[0]
    return job_of(key)


def attempt_of(key: str) -> tuple[JobId, int] | None:
    """Whose place a key is; None for one that is no result's."""
    found = _KEY.fullmatch(key)
    return None if found is None else (JobId(UUID(found["job"])), int(found["attempt"]))


@dataclass(frozen=True, kw_only=True)
class Result:
    """
    Args:
        key: of the document, in the blob store or in its row.
        size: bytes of the document.
        sha256: of the document.
        counts: the most frequent outcomes per circuit, at most `MAX_COUNTS_SHOWN` of each.
        metadata: engine, version, seed and what else the engine told.
        expired_at: since when its document and its counts are kept no longer; None while they are.
    """

    job_id: JobId
    attempt: int
    key: str
    size: int
    sha256: str
    shots: int
    counts: Sequence[Mapping[str, int]]
    metadata: Mapping[str, Any]
    created_at: datetime
    expired_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What it takes to keep a result no longer."""

    job_id: JobId
    project_id: ProjectId
    key: str
    size: int


def shown(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent outcomes, the commonest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MAX_COUNTS_SHOWN])
