"""A program: an immutable text, kept once whatever the number of jobs that run it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId

ProgramId = NewType("ProgramId", UUID)

_SHA256 = re.compile(r"[0-9a-f]{64}")


def checksum(body: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def blob_key(sha256: str) -> str:
    """Where a program's text lies in the blob store; the same text always in the same place."""
    return f"programs/{sha256[:2]}/{sha256}"


def checksum_of(key: str) -> str | None:
    """Of the text that lies there; None where no text would."""
    sha256 = key.rpartition("/")[2]
    return sha256 if _SHA256.fullmatch(sha256) and key == blob_key(sha256) else None


@dataclass(frozen=True, kw_only=True)
class Program:
    """
    Args:
        sha256: of the UTF-8 text.
        size: bytes of UTF-8.
        is_named: made on its own, to be run by several batches; else it came with a batch or job.
    """

    id: ProgramId
    project_id: ProjectId
    creator_id: AccountId
    sha256: str
    size: int
    created_at: datetime
    is_named: bool = False

    @property
    def key(self) -> str:
        return blob_key(self.sha256)
