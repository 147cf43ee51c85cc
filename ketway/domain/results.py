"""A result: what a finished job left, and where its bytes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ketway.domain.errors import Unknown
from ketway.domain.estimates import Run
from ketway.domain.jobs import JobId

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


@dataclass(frozen=True, kw_only=True)
class Result:
    """
    Args:
        key: of the document, in the blob store or in its row.
        size: bytes of the document.
        sha256: of the document.
        counts: the most frequent outcomes per circuit, at most `MAX_COUNTS_SHOWN` of each.
        metadata: engine, version, seed and what else the engine told.
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


def shown(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent outcomes, the commonest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MAX_COUNTS_SHOWN])


def measured(metadata: Mapping[str, Any]) -> Run | None:
    """What a result's metadata tells about its run; None where the engine told no size or time."""
    qubits, seconds = metadata.get("qubits"), metadata.get("seconds")
    if not isinstance(qubits, int) or not isinstance(seconds, int | float):
        return None
    memory = metadata.get("peak_memory_bytes")
    return Run(qubits=qubits, seconds=seconds, memory_bytes=memory if isinstance(memory, int) else None)
