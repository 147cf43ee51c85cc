"""A notice: what an operator tells everybody for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

NoticeId = NewType("NoticeId", UUID)


class Level(Enum):
    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """
    Args:
        starts_at, ends_at: when it is shown; `starts_at` < `ends_at`.
    """

    id: NoticeId
    text: str
    level: Level
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
